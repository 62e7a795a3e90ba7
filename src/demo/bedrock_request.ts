import { stableId } from "../anthropic/ids.ts";
import { isObject, type JsonObject } from "../json.ts";
import { seenIn } from "./attachments.ts";
import { countTokens, type DemoPrompt, spokenText } from "./model.ts";

/** A Converse request that was found sound. */
export interface ConverseRequest {
  readonly inputTokens: number;
  readonly prompt: DemoPrompt;
  /** Whether it asks which stop sequence matched. */
  readonly namesStop: boolean;
}

/** Every top-level field that Converse knows. */
const FIELDS: ReadonlySet<string> = new Set([
  "additionalModelRequestFields",
  "additionalModelResponseFieldPaths",
  "guardrailConfig",
  "inferenceConfig",
  "messages",
  "outputConfig",
  "performanceConfig",
  "promptVariables",
  "requestMetadata",
  "serviceTier",
  "system",
  "toolConfig",
]);

const ROLES: ReadonlySet<unknown> = new Set(["user", "assistant", "system"]);

const BLOCKS: ReadonlySet<string> = new Set([
  "cachePoint",
  "document",
  "image",
  "reasoningContent",
  "searchResult",
  "text",
  "toolResult",
  "toolUse",
]);

const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const TOOL_ID = /^[a-zA-Z0-9_.:-]{1,64}$/;

/** What the demo model signs its reasoning with; it refuses any other, as Claude does. */
export function reasoningSignature(text: string): string {
  return stableId("demo_", text);
}

/** Reads a request as strictly as Bedrock where a translation could go wrong; or says why not. */
export function readConverseRequest(body: unknown): ConverseRequest | string {
  if (!isObject(body)) return "The request body is not valid JSON";
  const { messages, system, toolConfig } = body;
  if (!Array.isArray(messages) || messages.length === 0) {
    return "A conversation must have at least one message.";
  }
  const problem = checkFields(body) ?? checkMessages(messages) ?? checkTools(body, messages);
  const paths = body.additionalModelResponseFieldPaths;
  return problem ?? {
    inputTokens: countTokens(JSON.stringify([system, messages, toolConfig], shortenData)),
    prompt: readPrompt(body, messages.filter(isObject)),
    namesStop: Array.isArray(paths) && paths.some((path) => String(path).endsWith("stop_sequence")),
  };
}

function checkFields(body: JsonObject): string | undefined {
  const foreign = Object.keys(body).find((field) => !FIELDS.has(field));
  if (foreign !== undefined) return `${foreign}: Extra inputs are not permitted`;
  const { maxTokens = 1, stopSequences = [] } = objectOf(body.inferenceConfig);
  if (!Number.isInteger(maxTokens) || Number(maxTokens) < 1) {
    return "Value at 'inferenceConfig.maxTokens' failed to satisfy constraint: Member must have " +
      "value greater than or equal to 1";
  }
  const areStops = Array.isArray(stopSequences) &&
    stopSequences.every((stop) => typeof stop === "string" && stop !== "");
  if (!areStops) return "Value at 'inferenceConfig.stopSequences' failed to satisfy constraint";
  if (body.system !== undefined && (!Array.isArray(body.system) || body.system.length === 0)) {
    return "system: expected at least one block";
  }
  return undefined;
}

function checkMessages(messages: readonly unknown[]): string | undefined {
  let open: readonly string[] = [];
  let previous: unknown;
  for (const [at, message] of messages.entries()) {
    const path = `messages.${at}`;
    if (!isObject(message) || !ROLES.has(message.role)) return `${path}.role: unknown role`;
    const blocks = list(message.content);
    const problem = checkTurn(message.role, previous) ?? checkBlocks(blocks, path) ??
      checkResults(blocks, open, path);
    if (problem) return problem;
    if (message.role === "system") continue;
    previous = message.role;
    open = inside(blocks, "toolUse").map(({ toolUseId }) => String(toolUseId));
  }
  const { role, content } = objectOf(messages.at(-1));
  const text = list(content).at(-1)?.text;
  if (role === "assistant" && typeof text === "string" && /\s$/.test(text)) {
    return "The model returned the following errors: messages: final assistant content cannot end " +
      "with trailing whitespace";
  }
  return undefined;
}

function checkTurn(role: unknown, previous: unknown): string | undefined {
  if (role === "system") return undefined;
  if (previous === undefined && role !== "user") {
    return "A conversation must start with a user message. Try again with a conversation that " +
      "starts with a user message.";
  }
  return role === previous
    ? "A conversation must alternate between user and assistant roles. Make sure the conversation " +
      "alternates between user and assistant roles and try again."
    : undefined;
}

function checkBlocks(blocks: readonly JsonObject[], path: string): string | undefined {
  if (blocks.length === 0) return `${path}: the content field is empty`;
  for (const [index, block] of blocks.entries()) {
    const place = `${path}.content.${index}`;
    const [kind = "", ...more] = Object.keys(block);
    if (!BLOCKS.has(kind) || more.length > 0) return `${place}: expected exactly one known member`;
    if (kind === "cachePoint" && index === 0) return `${place}: a cachePoint cannot stand first`;
    if (kind === "text" && String(block.text).trim() === "") {
      return `The text field in the ContentBlock object at ${place} is blank. Add text to the text ` +
        "field, and try again.";
    }
    const { reasoningText: reasoning } = objectOf(block.reasoningContent);
    if (kind === "reasoningContent" && !isOwn(reasoning)) {
      return `${place}: Invalid \`signature\` in \`thinking\` block`;
    }
    const { toolUseId = "a" } = objectOf(block.toolUse ?? block.toolResult);
    if (!TOOL_ID.test(String(toolUseId))) {
      return `Value at '${place}.toolUseId' failed to satisfy constraint: ${TOOL_ID.source}`;
    }
  }
  return undefined;
}

function isOwn(reasoning: unknown): boolean {
  return isObject(reasoning) && reasoning.signature === reasoningSignature(String(reasoning.text));
}

function checkResults(
  blocks: readonly JsonObject[],
  open: readonly string[],
  path: string,
): string | undefined {
  const results = inside(blocks, "toolResult").map(({ toolUseId }) => String(toolUseId));
  const missing = open.filter((id) => !results.includes(id));
  if (missing.length > 0) {
    return `Expected toolResult blocks at ${path}.content for the following Ids: ${
      missing.join(", ")
    }`;
  }
  return results.every((id) => open.includes(id))
    ? undefined
    : `The number of toolResult blocks at ${path}.content exceeds the number of toolUse blocks of ` +
      "previous turn.";
}

function checkTools(body: JsonObject, messages: readonly unknown[]): string | undefined {
  const blocks = messages.flatMap((message) => list(objectOf(message).content));
  if (body.toolConfig === undefined) {
    return blocks.some((block) => "toolUse" in block || "toolResult" in block)
      ? "The toolConfig field must be defined when using toolUse and toolResult content blocks."
      : undefined;
  }
  const specs = inside(list(objectOf(body.toolConfig).tools), "toolSpec");
  if (specs.length === 0) return "toolConfig.tools: expected at least one tool";
  const wrong = specs.findIndex(({ name, inputSchema }) =>
    !TOOL_NAME.test(String(name)) || !isObject(objectOf(inputSchema).json)
  );
  return wrong < 0
    ? undefined
    : `Value at 'toolConfig.tools.${wrong}.member.toolSpec' failed to satisfy constraint`;
}

function readPrompt(body: JsonObject, messages: readonly JsonObject[]): DemoPrompt {
  const questions = messages.filter(({ role }) => role === "user")
    .map(({ content }) => spokenText(textOf(content)));
  const since = messages.slice(messages.findLastIndex(({ role }) => role === "assistant") + 1)
    .flatMap(({ content }) => list(content));
  const results = inside(since, "toolResult");
  const { maxTokens, stopSequences } = objectOf(body.inferenceConfig);
  const { tools, toolChoice } = objectOf(body.toolConfig);
  const additional = objectOf(body.additionalModelRequestFields);
  return {
    question: questions.findLast((question) => question !== "") ?? "",
    toolResults: results.map(({ content }) => textOf(content)),
    attachments: [...since, ...results.flatMap(({ content }) => list(content))]
      .filter((block) => "image" in block || "document" in block).length,
    seen: seenIn(since),
    tools: inside(list(tools), "toolSpec").map(({ name, inputSchema }) => ({
      name: String(name),
      schema: objectOf(inputSchema).json,
    })),
    toolChoice: readChoice(objectOf(toolChoice)),
    parallel: objectOf(additional.tool_choice).disable_parallel_tool_use !== true,
    maxTokens: typeof maxTokens === "number" ? maxTokens : undefined,
    stops: Array.isArray(stopSequences) ? stopSequences.map(String) : [],
    reasons: asksToReason(additional),
    outputSchema: readSchema(body),
  };
}

function readChoice({ any, tool }: JsonObject): DemoPrompt["toolChoice"] {
  if (isObject(tool)) return { name: String(tool.name) };
  return any === undefined ? "auto" : "any";
}

/** Each family of models has a field of its own. */
function asksToReason(
  { thinking, reasoning_effort, reasoning_config, reasoningConfig }: JsonObject,
): boolean {
  if (isObject(thinking)) return thinking.type !== "disabled";
  return [reasoning_effort, reasoning_config, reasoningConfig].some((field) => field !== undefined);
}

/** The schema stands in the request as text. */
function readSchema({ outputConfig }: JsonObject): unknown {
  const { structure } = objectOf(objectOf(outputConfig).textFormat);
  const { schema } = objectOf(objectOf(structure).jsonSchema);
  return typeof schema === "string" ? JSON.parse(schema) : undefined;
}

/** What blocks of one kind hold. */
function inside(blocks: readonly JsonObject[], kind: string): readonly JsonObject[] {
  return blocks.map((block) => block[kind]).filter(isObject);
}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function list(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function textOf(content: unknown): string {
  return list(content).flatMap((block) => {
    if (typeof block.text === "string") return [block.text];
    return "json" in block ? [JSON.stringify(block.json)] : [];
  }).join("\n");
}

/** Images count by what they show, not by the length of their data. */
function shortenData(name: string, value: unknown): unknown {
  return name === "bytes" && typeof value === "string" ? "image" : value;
}
