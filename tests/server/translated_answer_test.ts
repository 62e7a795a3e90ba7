import { SseSink } from "../../src/anthropic/sse_sink.ts";
import { AnswerPump } from "../../src/server/translated_answer.ts";
import { chatCompletions } from "../../src/translators/chat_completions/mod.ts";
import type { UpstreamResponse } from "../../src/upstream/http.ts";
import { Exchange } from "../../src/upstream/transport.ts";
import { canCollect, untilGone } from "../support/garbage.ts";
import { testTurn } from "../support/turn.ts";

Deno.test({
  name: "an AnswerPump lets go of the request once the upstream was asked",
  ignore: !canCollect,
  async fn(): Promise<void> {
    const turn = testTurn();
    const exchange = new Exchange(turn.target, new AbortController().signal);
    const end = Promise.withResolvers<undefined>();
    const { pump, request } = begin();
    const failed = pump.step().catch(() => {});
    await untilGone(request, "the request is forgotten");
    end.resolve(undefined);
    await failed;
    pump.close();
    exchange.abort();

    function begin(): { readonly pump: AnswerPump; readonly request: WeakRef<object> } {
      const request = {};
      const connect = () => Promise.resolve(silentAnswer(request, end.promise));
      const shared = { turn, translator: chatCompletions, exchange, emulatedStops: [] };
      const pump = new AnswerPump({ ...shared, connect }, new SseSink());
      return { pump, request: new WeakRef(request) };
    }
  },
});

function silentAnswer(_request: object, end: Promise<undefined>): UpstreamResponse {
  const body = { read: () => end, cancel: () => {} };
  return { status: 200, ok: true, headers: new Headers(), body };
}
