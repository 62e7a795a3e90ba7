/** A model server that costs next to nothing: its answers are made before the first request. */

const encoder = new TextEncoder();

function chatStream(events: number): Uint8Array<ArrayBuffer> {
  const chunk = (choice: string, more = "") =>
    'data: {"id":"chatcmpl-D8Z5oo6uDh67AD85p73ksdT1KxhE0","object":"chat.completion.chunk",' +
    `"created":1770933892,"model":"bench","choices":[${choice}]${more}}\n\n`;
  let text = chunk('{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}');
  for (let at = 0; at < events; at++) {
    text += chunk(`{"index":0,"delta":{"content":" word${at}"},"finish_reason":null}`);
  }
  text += chunk('{"index":0,"delta":{},"finish_reason":"stop"}');
  text += chunk("", `,"usage":{"prompt_tokens":9,"completion_tokens":${events}}`);
  return encoder.encode(`${text}data: [DONE]\n\n`);
}

function messagesStream(events: number): Uint8Array<ArrayBuffer> {
  const event = (type: string, rest: string) =>
    `event: ${type}\ndata: {"type":"${type}"${rest}}\n\n`;
  let text = event(
    "message_start",
    ',"message":{"id":"msg_1","type":"message","role":"assistant","model":"bench","content":[],' +
      '"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":0}}',
  );
  text += event("content_block_start", ',"index":0,"content_block":{"type":"text","text":""}');
  for (let at = 0; at < events; at++) {
    const delta = `{"type":"text_delta","text":" word${at}"}`;
    text += event("content_block_delta", `,"index":0,"delta":${delta}`);
  }
  text += event("content_block_stop", ',"index":0');
  text += event(
    "message_delta",
    `,"delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":${events}}`,
  );
  return encoder.encode(text + event("message_stop", ""));
}

const HEADERS = { "content-type": "text/event-stream" };
const answers = new Map<string, Uint8Array<ArrayBuffer>>();
for (const events of [100, 2000]) {
  answers.set(`/v1/chat/completions?events=${events}`, chatStream(events));
  answers.set(`/v1/messages?events=${events}`, messagesStream(events));
}

Deno.serve(
  { hostname: "127.0.0.1", port: Number(Deno.args[0]), onListen: () => {} },
  async (request) => {
    await request.body?.pipeTo(new WritableStream());
    const { pathname, search } = new URL(request.url);
    const body = answers.get(pathname + search);
    return body ? new Response(body, { headers: HEADERS }) : new Response("ok");
  },
);
