import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeBody } from "../../src/anthropic/body_text.ts";
import { parseRequestBytes } from "../../src/anthropic/request_bytes.ts";
import { LONG_TEXTS } from "../../src/anthropic/long_texts.ts";
import { parseMessagesRequest } from "../../src/anthropic/request_guard.ts";
import { concatBytes } from "../../src/bytes.ts";
import { GatewayError } from "../../src/errors.ts";
import { isObject, type JsonObject } from "../../src/json.ts";
import type { Target } from "../../src/target.ts";
import { estimateTokens } from "../../src/tokens/estimate.ts";
import { findTranslator, MODES } from "../../src/translators/registry.ts";
import type { RawBody } from "../../src/translators/translator.ts";
import { createTurn, type Turn } from "../../src/translators/turn.ts";
import { encodeJson } from "../../src/upstream/json_body.ts";
import { lostPaths, testTarget } from "../support/turn.ts";
import { anyRequest } from "./arbitraries.ts";

const encoder = new TextEncoder();
const MAX_DEPTH = 500;

/** Long enough to stay bytes, with everything that escapes and letters can be. */
const LONG = 'A long text: "quoted", \\ and \t, 日本語, 👩‍💻, \ufeff, é, / and \u2028.\n'.repeat(16);

/** What is put in front of or behind the texts of a request. */
const AFFIXES = ["", LONG, ` ${LONG} `, "\n".repeat(600), `Error: ${LONG}`, `${LONG}\ud83d`];

/** Members whose values decide what a message is. */
const KEPT: ReadonlySet<string> = new Set(["type", "role", "id", "tool_use_id"]);

/** The request with longer texts in its messages. */
function lengthened(request: JsonObject, affixes: readonly string[]): JsonObject {
  let at = 0;
  const lengthen = (value: unknown, name?: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => lengthen(item));
    if (isObject(value)) {
      const entries = Object.entries(value).map(([name, one]) => [name, lengthen(one, name)]);
      return Object.fromEntries(entries);
    }
    const isFree = typeof value === "string" && !KEPT.has(name ?? "");
    return isFree ? (affixes[at++ % affixes.length] ?? "") + value : value;
  };
  return { ...request, messages: lengthen(request.messages) };
}

/** What comes out, or the words of the error. */
async function outcome(run: () => unknown): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    assert(error instanceof GatewayError, `${error}`);
    return error.message;
  }
}

const TARGETS = [
  testTarget(),
  testTarget({ baseUrl: "https://openrouter.ai/api/v1", model: "anthropic/claude-x" }),
  testTarget({ baseUrl: "https://api.mistral.ai/v1", model: "magistral-medium" }),
  testTarget({ quirks: { reasoning_in: "all", strict_alternation: true, images: false } }),
  testTarget({ mode: "codex_responses" }),
  testTarget({ mode: "anthropic_messages" }),
  testTarget({ mode: "anthropic_messages", quirks: { drop_mid_system: true }, model: undefined }),
  testTarget({ mode: "bedrock_converse", model: "anthropic.claude-sonnet-4-5" }),
  testTarget({
    mode: "bedrock_converse",
    model: "amazon.nova-pro",
    quirks: { mid_system: "user" },
  }),
];

Deno.test("every mode is tried with long texts", () => {
  assertEquals(new Set(TARGETS.map(({ mode }) => mode)), new Set(MODES));
});

/** What goes upstream, what is lost, and what is counted. */
async function translated(raw: RawBody, target: Target): Promise<unknown> {
  const turn = createTurn(raw.request, target);
  return {
    sent: await sent(raw, turn),
    lost: lostPaths(turn),
    tokens: await estimateTokens(raw.request, turn.profile),
  };
}

async function sent(raw: RawBody, turn: Turn): Promise<unknown> {
  const translator = findTranslator(turn.target.mode);
  if (translator?.kind === "relay") return translator.translateBody(turn, raw);
  const { body = {} } = translator?.translateRequest(turn) ?? {};
  return JSON.parse(decodeBody(concatBytes(await encodeJson(body, turn.request[LONG_TEXTS]))));
}

for (const target of TARGETS) {
  const { mode, provider, model } = target;
  Deno.test(`${mode} (${provider}, ${model}) sends long texts as if it had read them`, async () => {
    const affixes = fc.array(fc.constantFrom(...AFFIXES), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(anyRequest, affixes, async (request, affixes) => {
        const bytes = encoder.encode(JSON.stringify(lengthened(request, affixes)));
        const body = { bytes, text: decodeBody(bytes) };
        const options = { maxDepth: MAX_DEPTH };
        assertEquals(
          await outcome(async () =>
            translated({ ...body, request: await parseRequestBytes(body, options) }, target)
          ),
          await outcome(() =>
            translated({ ...body, request: parseMessagesRequest(body.text, options) }, target)
          ),
        );
      }),
      { seed: 20261122, numRuns: 300 },
    );
  });
}
