import { chatCompletionsDemo } from "../../src/demo/chat_completions.ts";
import { isObject, type JsonObject, tryParseJson } from "../../src/json.ts";

/** A request as a picky server sees it. */
export interface PickyCall {
  readonly body: JsonObject;
  readonly headers: Headers;
}

/** A refusal, or the body to go on with. */
export type Whim = (call: PickyCall) => Response | JsonObject;

/** A chat server that lacks something, and is the demo model in all else. */
export class PickyUpstream implements AsyncDisposable {
  readonly url: string;
  readonly calls: PickyCall[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(whim: Whim) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(request, whim),
    );
    this.url = `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request, whim: Whim): Promise<Response> {
    const parsed = tryParseJson(await request.text());
    const call = { body: isObject(parsed) ? parsed : {}, headers: request.headers };
    this.calls.push(call);
    const outcome = whim(call);
    if (outcome instanceof Response) return outcome;
    const answer = chatCompletionsDemo.answer({
      method: request.method,
      path: new URL(request.url).pathname,
      headers: request.headers,
      body: outcome,
      stream: (events) =>
        new Response(events.join(""), { headers: { "content-type": "text/event-stream" } }),
    });
    return answer ?? new Response("Not Found", { status: 404 });
  }
}

/** How OpenAI's servers refuse. */
export function refusal(message: string, status = 400): Response {
  const type = "invalid_request_error";
  return Response.json({ error: { message, type, param: null, code: null } }, { status });
}
