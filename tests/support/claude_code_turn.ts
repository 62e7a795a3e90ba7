import type { JsonObject } from "../../src/json.ts";
import type {
  ContentBlockParam,
  MessageParam,
  MessagesRequest,
  TextBlock,
  ToolParam,
} from "../../src/anthropic/request.ts";

/** What differs from one request of an agent to the next. */
export interface ClaudeCodeTurnOptions {
  readonly model?: string;
  readonly stream?: boolean;
  /** Changes with every request, as the real one does. */
  readonly fingerprint?: string;
  readonly session?: string;
  /** Rounds of tool calls that the history holds. */
  readonly rounds?: number;
}

/** A PNG of one pixel. */
export const PIXEL_PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** The tool whose name is longer than most APIs allow. */
export const LONG_TOOL_NAME =
  "mcp__issue-tracker-of-the-platform-team__search_issues_by_label_and_state";

const EPHEMERAL = { type: "ephemeral" } as const;

/**
 * One request of an agent turn as Claude Code sends it: 24 tools with draft 2020-12 schemas, three
 * system blocks with the billing header first, cache markers, images and failures in tool results,
 * and a system message in mid-conversation. At least 75 KB, and the same for the same options.
 */
export function claudeCodeTurn(options: ClaudeCodeTurnOptions = {}): MessagesRequest {
  const { model = "claude-sonnet-4-5", stream = true, rounds = 3 } = options;
  const { fingerprint = "a1b2c", session = "5f0c1d5e-1111-4222-8333-444455556666" } = options;
  return {
    model,
    messages: history(rounds),
    system: [
      text(`x-anthropic-billing-header: cc_version=2.1.197.${fingerprint}; cc_entrypoint=cli;`),
      { ...text("You are an agent that works in a terminal."), cache_control: EPHEMERAL },
      { ...text(prose("Rules of work", 9000)), cache_control: EPHEMERAL },
    ],
    tools: claudeCodeTools(),
    metadata: {
      user_id: JSON.stringify({
        device_id: "d".repeat(64),
        account_uuid: "0b6a7c8d-aaaa-4bbb-8ccc-ddddeeeeffff",
        session_id: session,
      }),
    },
    max_tokens: 32000,
    thinking: { type: "adaptive" },
    output_config: { effort: "high" },
    context_management: { edits: [{ type: "clear_thinking_20251015", keep: "all" }] },
    stream,
  };
}

/** Headers that come with the request. */
export const CLAUDE_CODE_HEADERS: Readonly<Record<string, string>> = {
  "accept": "application/json",
  "content-type": "application/json",
  "anthropic-version": "2023-06-01",
  "anthropic-beta": [
    "claude-code-20250219",
    "context-1m-2025-08-07",
    "context-management-2025-06-27",
    "effort-2025-11-24",
    "fine-grained-tool-streaming-2025-05-14",
    "interleaved-thinking-2025-05-14",
    "mid-conversation-system-2026-04-07",
    "prompt-caching-scope-2026-01-05",
  ].join(","),
  "user-agent": "claude-cli/2.1.197 (external, cli)",
  "x-app": "cli",
  "x-claude-code-session-id": "5f0c1d5e-1111-4222-8333-444455556666",
  "x-stainless-lang": "js",
  "x-stainless-retry-count": "0",
};

/** The 24 tools of such a request. */
export function claudeCodeTools(): ToolParam[] {
  const names = [
    "Bash",
    "BashOutput",
    "Edit",
    "EnterPlanMode",
    "ExitPlanMode",
    "Glob",
    "Grep",
    "KillShell",
    "ListMcpResources",
    "MultiEdit",
    "NotebookEdit",
    "Read",
    "ReadMcpResource",
    "Skill",
    "SlashCommand",
    "Task",
    "TaskOutput",
    "TodoWrite",
    "WebFetch",
    "Write",
    "mcp__docs__lookup",
    "mcp__docs__outline",
    "mcp__browser__take_screenshot",
    LONG_TOOL_NAME,
  ];
  return names.map((name) => ({
    name,
    description: prose(`What ${name} does`, 1400),
    input_schema: schemaOf(name),
  }));
}

/** Keywords of draft 2020-12 that servers often refuse, in schemas that are still plain to read. */
function schemaOf(name: string): JsonObject {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: {
      path: { type: "string", description: `Absolute path for ${name}`, minLength: 1 },
      url: { type: "string", format: "uri" },
      timeout: { type: "number", exclusiveMinimum: 0, maximum: 600000, default: 120000 },
      limit: { type: ["integer", "null"], minimum: 1 },
      mode: { enum: ["content", "files", "count"], default: "files" },
      kind: { const: name },
      pattern: { type: "string", pattern: "^(?!\\s).*$" },
      options: {
        type: "object",
        propertyNames: { type: "string", pattern: "^[a-z_]+$" },
        additionalProperties: { anyOf: [{ type: "string" }, { type: "boolean" }] },
      },
      edits: {
        type: "array",
        minItems: 1,
        items: { $ref: "#/$defs/edit" },
      },
    },
    required: ["path"],
    additionalProperties: false,
    $defs: {
      edit: {
        type: "object",
        properties: {
          old_string: { type: "string" },
          new_string: { type: "string" },
          replace_all: { type: "boolean", default: false },
        },
        required: ["old_string", "new_string"],
        additionalProperties: false,
      },
    },
  };
}

function history(rounds: number): MessageParam[] {
  const messages: MessageParam[] = [
    {
      role: "user",
      content: [
        text(`<system-reminder>\n${prose("Facts about the project", 2500)}\n</system-reminder>`),
        text("Find out why the build fails on Windows, and mend it. Grüße, 日本語, 👩‍💻."),
      ],
    },
  ];
  for (let round = 0; round < rounds; round++) {
    messages.push(assistantRound(round), { role: "user", content: resultsOf(round) });
    if (round === 0) {
      messages.push({ role: "system", content: [text("The user has switched to plan mode.")] });
    }
  }
  messages.push(
    { role: "assistant", content: [text("The path separator is wrong. I will mend it now.")] },
    {
      role: "user",
      content: [{ ...text("Go on."), cache_control: EPHEMERAL }],
    },
  );
  return messages;
}

function assistantRound(round: number): MessageParam {
  return {
    role: "assistant",
    content: [
      {
        type: "thinking",
        thinking: prose(`Thoughts of round ${round}`, 400),
        signature: "EqQBCgIYAhIM" + "Aa0".repeat(40),
      },
      text(`Round ${round}: I look at the files first.`),
      call(`toolu_${round}_a`, "Read", { path: `/repo/src/file_${round}.ts` }),
      call(`toolu_${round}_b`, "mcp__browser__take_screenshot", {}),
      call(`toolu_${round}_c`, LONG_TOOL_NAME, { path: "/", limit: round }),
    ],
  };
}

function resultsOf(round: number): ContentBlockParam[] {
  return [
    {
      type: "tool_result",
      tool_use_id: `toolu_${round}_a`,
      content: [text(prose(`Contents of file ${round}`, 3000))],
    },
    {
      type: "tool_result",
      tool_use_id: `toolu_${round}_b`,
      content: [
        text("A screenshot:"),
        { type: "image", source: { type: "base64", media_type: "image/png", data: PIXEL_PNG } },
      ],
    },
    {
      type: "tool_result",
      tool_use_id: `toolu_${round}_c`,
      content: "connect ECONNREFUSED",
      is_error: true,
      cache_control: EPHEMERAL,
    },
  ];
}

function text(value: string): TextBlock {
  return { type: "text", text: value };
}

function call(id: string, name: string, input: JsonObject): ContentBlockParam {
  return { type: "tool_use", id, name, input };
}

const SENTENCES = [
  "Read a file before you change it, and change no more of it than the task asks for.",
  "A path is absolute; quote it if it holds spaces, and never guess at one that you have not seen.",
  "Prefer a search over a listing, and a listing over a guess: `rg --files -g '*.ts'` is quick.",
  'Answer in few words. Say "I do not know" where that is so.',
  "Line ends of the file are kept; tabs stay tabs\tand spaces stay spaces.",
];

/** At least so many characters of text under a title; the same for the same arguments. */
function prose(title: string, length: number): string {
  let result = `# ${title}\n`;
  for (let at = 0; result.length < length; at++) {
    result += `${at + 1}. ${SENTENCES[(at + title.length) % SENTENCES.length]}\n`;
  }
  return result;
}
