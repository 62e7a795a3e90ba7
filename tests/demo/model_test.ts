import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  answerPrompt,
  cachedTokens,
  type DemoAnswer,
  type DemoPart,
  type DemoPrompt,
  spokenText,
  textPieces,
} from "../../src/demo/model.ts";

const CITY = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const WEATHER = { name: "get_weather", schema: CITY };
const TIME = { name: "get_time", schema: { type: "object" } };

function ask(prompt: Partial<DemoPrompt>): DemoAnswer {
  return answerPrompt({
    question: "hello",
    toolResults: [],
    attachments: 0,
    tools: [],
    toolChoice: "auto",
    parallel: true,
    maxTokens: undefined,
    stops: [],
    reasons: false,
    outputSchema: undefined,
    ...prompt,
  });
}

/** `name {arguments}` of a call, else the part's type. */
function brief(part: DemoPart): string {
  return part.type === "call" ? `${part.name} ${JSON.stringify(part.input)}` : part.type;
}

const TOOLS = [WEATHER, TIME];

const CASES: { name: string; prompt: Partial<DemoPrompt>; parts: string[]; stop: string }[] = [
  { name: "quotes a prompt", prompt: {}, parts: ["text"], stop: "end" },
  {
    name: "calls the tool that the prompt names",
    prompt: { tools: TOOLS, question: "Call get_weather for Oslo" },
    parts: ['get_weather {"city":"Call get_weather for Oslo"}'],
    stop: "calls",
  },
  {
    name: "takes what stands in backticks for the argument",
    prompt: { tools: TOOLS, question: "get_weather of `Oslo`, please" },
    parts: ['get_weather {"city":"Oslo"}'],
    stop: "calls",
  },
  {
    name: "calls several tools in the order they are named",
    prompt: { tools: TOOLS, question: "get_time, then get_weather: `x`" },
    parts: ["get_time {}", 'get_weather {"city":"x"}'],
    stop: "calls",
  },
  {
    name: "calls one tool when it may not call several",
    prompt: { tools: TOOLS, question: "get_time and get_weather", parallel: false },
    parts: ["get_time {}"],
    stop: "calls",
  },
  {
    name: "does not take a part of a word for a tool",
    prompt: { tools: TOOLS, question: "get_weather_now and my-get_time" },
    parts: ["text"],
    stop: "end",
  },
  {
    name: "answers in text when tools are off",
    prompt: { tools: TOOLS, question: "get_time", toolChoice: "none" },
    parts: ["text"],
    stop: "end",
  },
  {
    name: "calls the first tool when it must call any",
    prompt: { tools: TOOLS, toolChoice: "any" },
    parts: ['get_weather {"city":"hello"}'],
    stop: "calls",
  },
  {
    name: "calls the tool it is told to",
    prompt: { tools: TOOLS, toolChoice: { name: "get_time" } },
    parts: ["get_time {}"],
    stop: "calls",
  },
  {
    name: "answers in text after a tool's result",
    prompt: { tools: TOOLS, question: "get_time", toolResults: ["noon"] },
    parts: ["text"],
    stop: "end",
  },
  {
    name: "thinks first when asked to",
    prompt: { reasons: true },
    parts: ["thinking", "text"],
    stop: "end",
  },
  { name: "says nothing in no tokens", prompt: { maxTokens: 0 }, parts: [], stop: "length" },
  {
    name: "makes no half call",
    prompt: { tools: TOOLS, question: "get_time", maxTokens: 1 },
    parts: [],
    stop: "length",
  },
];

for (const { name, prompt, parts, stop } of CASES) {
  Deno.test(`answerPrompt() ${name}`, () => {
    const answer = ask(prompt);
    assertEquals(answer.parts.map(brief), parts);
    assertEquals(answer.stop, stop);
  });
}

function text(answer: DemoAnswer): string {
  return answer.parts.map((part) => part.type === "text" ? part.text : "").join("");
}

Deno.test("answerPrompt() quotes the prompt, the results and the attachments", () => {
  assertStringIncludes(text(ask({ question: "héllo" })), '"héllo"');
  const after = text(ask({ toolResults: ["noon", "rain"], attachments: 2 }));
  assertStringIncludes(after, '"noon"');
  assertStringIncludes(after, '"rain"');
  assertStringIncludes(after, "2 attachments");
});

Deno.test("answerPrompt() stops where the first stop sequence begins", () => {
  const answer = ask({ question: "a STOP b END", stops: ["END", "", "STOP"] });
  assertEquals(text(answer), 'You said: "a ');
  assertEquals([answer.stop, answer.stopSequence], ["stop_sequence", "STOP"]);
});

Deno.test("answerPrompt() cuts the text where its tokens are used up", () => {
  const answer = ask({ question: "one two three four", maxTokens: 4 });
  assertEquals(text(answer), 'You said: "one t');
  assertEquals([answer.stop, answer.outputTokens], ["length", 4]);
});

Deno.test("answerPrompt() counts thinking as output", () => {
  const cut = ask({ reasons: true, maxTokens: 3 });
  assertEquals([cut.thinkingTokens, cut.outputTokens, cut.parts.length], [3, 3, 1]);
  const whole = ask({ reasons: true });
  assert(whole.thinkingTokens > 0 && whole.thinkingTokens < whole.outputTokens);
});

Deno.test("answerPrompt() writes JSON when a schema is asked for", () => {
  assertEquals(JSON.parse(text(ask({ outputSchema: CITY }))), { city: "hello" });
});

const PIECES: [text: string, want: string[]][] = [
  ["", []],
  ["one two\n\n three ", ["one", " two", "\n\n three", " "]],
  ["x".repeat(30), ["x".repeat(24), "x".repeat(6)]],
  ["😀".repeat(25), ["😀".repeat(24), "😀"]],
];

for (const [text, want] of PIECES) {
  Deno.test(`textPieces() of ${JSON.stringify(text)} keeps every character`, () => {
    assertEquals(textPieces(text), want);
  });
}

Deno.test("spokenText() leaves out what the client put in", () => {
  const text =
    "<system-reminder>\nRead\n</system-reminder>\nhi <system-reminder>x</system-reminder>";
  assertEquals(spokenText(text), "hi");
});

Deno.test("cachedTokens() is less than the prompt and zero for short ones", () => {
  assertEquals([100, 1023, 1024, 5000].map(cachedTokens), [0, 0, 512, 2432]);
});

Deno.test("the model quotes what the system orders in between, but no pages of it", () => {
  const answer = text(ask({ question: "hi", orders: ["End with ZINC.", "x".repeat(5000)] }));
  assertStringIncludes(answer, 'The system said: "End with ZINC."');
  assertEquals(answer.split("The system said").length, 2);
});
