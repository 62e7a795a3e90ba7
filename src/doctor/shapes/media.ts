import type { JsonObject } from "../../json.ts";
import { textOf } from "../answer.ts";
import { degraded, excerpt, pass, type Shape, user, type Verdict } from "../shape.ts";
import { MAX_TOKENS } from "./talk.ts";
import { WEATHER, WEATHER_CALL } from "./tools.ts";

/** 64 × 64 points of one colour. */
const GREEN =
  "iVBORw0KGgoAAAANSUhEUgAAAEAAAABAAQMAAACQp+OdAAAAA1BMVEUAoAAJfYEzAAAAD0lEQVR42mNgGAWjgHwAAAJAAAHg" +
  "TR1EAAAAAElFTkSuQmCC";
const BLUE =
  "iVBORw0KGgoAAAANSUhEUgAAAEAAAABAAQMAAACQp+OdAAAAA1BMVEUAAP+KeNJXAAAAD0lEQVR42mNgGAWjgHwAAAJAAAHg" +
  "TR1EAAAAAElFTkSuQmCC";

const QUESTION = "Which colour fills this picture? Answer with one word.";

/** Pictures and files. */
export const MEDIA: readonly Shape[] = [
  {
    name: "image",
    body: {
      max_tokens: MAX_TOKENS,
      messages: [user([image(GREEN), { type: "text", text: QUESTION }])],
    },
    check: (answer) => checkWord(textOf(answer), /green/i),
    cures: [{ quirks: { images: false } }],
  },
  {
    name: "image_in_tool_result",
    body: {
      max_tokens: MAX_TOKENS,
      tools: [WEATHER],
      messages: [
        user(`Call get_weather for Paris. Its result is a picture. ${QUESTION}`),
        WEATHER_CALL,
        user([{ type: "tool_result", tool_use_id: "toolu_01", content: [image(BLUE)] }]),
      ],
    },
    check: (answer) => checkWord(textOf(answer), /blue/i),
    cures: [
      { quirks: { tool_msg_images: false } },
      { quirks: { tool_image_strategy: "inline_text" } },
      { quirks: { images: false } },
    ],
  },
  {
    name: "pdf",
    body: {
      max_tokens: MAX_TOKENS,
      messages: [user([
        {
          type: "document",
          source: { type: "base64", media_type: "application/pdf", data: btoa(codeWordPdf()) },
        },
        { type: "text", text: "Which code word does this document name? Answer with it alone." },
      ])],
    },
    check(answer): Verdict {
      const verdict = checkWord(textOf(answer), /marigold/i);
      const isDropped = answer.losses.length > 0;
      return isDropped ? { ...verdict, cures: [{ pdf: "file_part" }] } : verdict;
    },
    cures: [{ quirks: { pdf: "none" } }],
  },
];

function checkWord(text: string, wanted: RegExp): Verdict {
  return wanted.test(text) ? pass(excerpt(text)) : degraded(`was not seen: ${excerpt(text)}`);
}

function image(data: string): JsonObject {
  return { type: "image", source: { type: "base64", media_type: "image/png", data } };
}

/** A page with one line, in the plainest way that PDF allows. */
function codeWordPdf(): string {
  const content = "BT /F1 18 Tf 20 40 Td (The code word is MARIGOLD.) Tj ET";
  const objects = [
    "<</Type/Catalog/Pages 2 0 R>>",
    "<</Type/Pages/Kids[3 0 R]/Count 1>>",
    "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents 4 0 R" +
    "/Resources<</Font<</F1 5 0 R>>>>>>",
    `<</Length ${content.length}>>stream\n${content}\nendstream`,
    "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
  ];
  let file = "%PDF-1.4\n";
  const places = objects.map((object, index) => {
    const place = file.length;
    file += `${index + 1} 0 obj${object}endobj\n`;
    return `${String(place).padStart(10, "0")} 00000 n \n`;
  });
  const size = objects.length + 1;
  return `${file}xref\n0 ${size}\n0000000000 65535 f \n${places.join("")}` +
    `trailer<</Size ${size}/Root 1 0 R>>\nstartxref\n${file.length}\n%%EOF\n`;
}
