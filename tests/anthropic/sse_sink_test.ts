import { assertEquals } from "@std/assert";
import { NO_USAGE } from "../../src/anthropic/message.ts";
import { PING_EVENT, SseSink } from "../../src/anthropic/sse_sink.ts";

const event = (name: string, json: string) => `event: ${name}\ndata: ${json}\n\n`;

const CASES: { name: string; write: (sink: SseSink) => void; want: string }[] = [
  {
    name: "message_start and a ping",
    write: (sink) => sink.messageStart({ id: "msg_1", model: "claude" }),
    want: event(
      "message_start",
      '{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant",' +
        '"model":"claude","content":[],"stop_reason":null,"stop_sequence":null,' +
        '"stop_details":null,"container":null,"usage":{"input_tokens":0,"output_tokens":0,' +
        '"cache_read_input_tokens":0,"cache_creation_input_tokens":0,"cache_creation":null,' +
        '"output_tokens_details":null,"server_tool_use":null,"service_tier":"standard",' +
        '"inference_geo":null}}}',
    ) + PING_EVENT,
  },
  {
    name: "content_block_start",
    write: (sink) => sink.blockStart(0, { type: "text", text: "", citations: null }),
    want: event(
      "content_block_start",
      '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"","citations":null}}',
    ),
  },
  {
    name: "text with everything that JSON escapes",
    write: (sink) => sink.textDelta(0, 'a"\\\n\u0000é👋\u2028'),
    want: event(
      "content_block_delta",
      '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\\"\\\\\\n\\u0000é👋\u2028"}}',
    ),
  },
  {
    name: "deltas of several blocks",
    write: (sink) => {
      sink.thinkingDelta(0, "a");
      sink.inputJsonDelta(1, "{}");
      sink.textDelta(2, "b");
    },
    want: event(
      "content_block_delta",
      '{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"a"}}',
    ) + event(
      "content_block_delta",
      '{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{}"}}',
    ) + event(
      "content_block_delta",
      '{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"b"}}',
    ),
  },
  {
    name: "a signature and the end of its block",
    write: (sink) => {
      sink.signatureDelta(0, "s");
      sink.blockStop(0);
    },
    want: event(
      "content_block_delta",
      '{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"s"}}',
    ) + event("content_block_stop", '{"type":"content_block_stop","index":0}'),
  },
  {
    name: "the end, with its usage",
    write: (sink) =>
      sink.messageEnd({
        stopReason: "end_turn",
        stopSequence: null,
        stopDetails: null,
        usage: { ...NO_USAGE, input_tokens: 3, output_tokens: 2 },
      }),
    want: event(
      "message_delta",
      '{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null,' +
        '"stop_details":null,"container":null},"usage":{"input_tokens":3,"output_tokens":2,' +
        '"cache_creation_input_tokens":0,"cache_read_input_tokens":0,' +
        '"output_tokens_details":null,"server_tool_use":null}}',
    ) + event("message_stop", '{"type":"message_stop"}'),
  },
];

for (const { name, write, want } of CASES) {
  Deno.test(`SseSink writes ${name} byte by byte as Anthropic does`, () => {
    const sink = new SseSink();
    write(sink);
    assertEquals(sink.take(), want);
    assertEquals(sink.take(), "");
  });
}
