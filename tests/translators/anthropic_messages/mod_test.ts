import { assertEquals } from "@std/assert";
import { anthropicMessages } from "../../../src/translators/anthropic_messages/mod.ts";
import { rawBody, relayTarget, relayTurn } from "./relay_turn.ts";

const URLS: [baseUrl: string, want: string][] = [
  ["https://host", "https://host/v1/messages"],
  ["https://host/", "https://host/v1/messages"],
  ["https://host/v1", "https://host/v1/messages"],
  ["https://host/v1/messages", "https://host/v1/messages"],
  ["https://host/anthropic", "https://host/anthropic/v1/messages"],
  ["https://host/anthropic/v1", "https://host/anthropic/v1/messages"],
  ["https://host:8080/a/v12", "https://host:8080/a/v12/v1/messages"],
];

for (const [baseUrl, want] of URLS) {
  Deno.test(`url() of ${baseUrl} ends in one /v1/messages`, () => {
    assertEquals(anthropicMessages.url(baseUrl, "/v1/messages"), want);
  });
}

Deno.test("models() reads Anthropic's list and passes over what has no id", () => {
  const body = {
    data: [
      {
        type: "model",
        id: "claude-x",
        display_name: "Claude X",
        created_at: "2026-01-01T00:00:00Z",
        max_input_tokens: 200_000,
      },
      { id: "plain" },
      { id: "" },
      null,
    ],
    has_more: false,
  };
  assertEquals(anthropicMessages.models?.(body), [
    {
      id: "claude-x",
      displayName: "Claude X",
      createdAt: "2026-01-01T00:00:00Z",
      contextWindow: 200_000,
    },
    { id: "plain", displayName: undefined, createdAt: undefined, contextWindow: undefined },
  ]);
});

for (const body of [null, [], "x", { data: "x" }]) {
  Deno.test(`models() of ${JSON.stringify(body)} is empty`, () => {
    assertEquals(anthropicMessages.models?.(body), []);
  });
}

Deno.test("modelsPath() is null where the profile says there is no list", () => {
  const raw = rawBody('{"model":"m","messages":[{"role":"user","content":"a"}]}');
  const turn = relayTurn(raw, relayTarget({ quirks: { models_path: null } }));
  assertEquals(anthropicMessages.modelsPath(turn), null);
  assertEquals(anthropicMessages.modelsPath(relayTurn(raw)), "/v1/models");
});
