import { isObject, type JsonObject, nonEmptyString, tryParseJson } from "../../json.ts";

/** What an upstream's error says, whatever shape it has. */
export interface FailureText {
  /** The upstream's words; of HTML the text only. Empty if it said nothing. */
  readonly message: string;
  /** Codes and types in lower case, without namespaces. */
  readonly codes: readonly string[];
  /** A status that the error object names as its code. */
  readonly status: number | undefined;
  /** The error object; empty if there is none. */
  readonly error: JsonObject;
  readonly isHtml: boolean;
}

/** Longest body that is read; error pages of megabytes say nothing more. */
const MAX_BODY = 256 * 1024;
const MAX_TEXT = 8 * 1024;
const MAX_HTML_TEXT = 200;

/** Reads an upstream's error body, or an error object from the middle of a stream. */
export function readFailure(raw: unknown, headers: Headers = new Headers()): FailureText {
  const body = typeof raw === "string" ? parse(raw) : unwrap(raw);
  const header = headers.get("x-amzn-errortype") ?? "";
  if (!isObject(body)) return readText(typeof raw === "string" ? raw : "", header);
  const error = isObject(body.error) ? body.error : body;
  const codes = [error.code, error.type, error.status, body.code, body.type, body.__type, header];
  return {
    message: limit(messageOf(body)),
    codes: [...codes, ...innerCodes(error)].map(codeName).filter((code) => code !== ""),
    status: [error.code, error.status, error.status_code, body.status].map(httpStatus)
      .find((status) => status !== undefined),
    error,
    isHtml: false,
  };
}

/** The text of a page without its markup, cut to what fits into a message. */
function detag(html: string): string {
  return html.slice(0, 16 * 1024)
    .replace(/<(script|style)\b[^]*?<\/\1>/gi, " ")
    .replace(/<[^<>]*>/g, " ")
    .replace(/&nbsp;/g, " ")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, MAX_HTML_TEXT);
}

function readText(raw: string, header: string): FailureText {
  const isHtml = /^\s*<(?:!doctype|html|head|body|\?xml|[a-z]+[\s>])/i.test(raw.slice(0, 200));
  const message = isHtml ? detag(raw) : limit(raw.trim());
  const codes = header === "" ? [] : [codeName(header)];
  return { message, codes, status: undefined, error: {}, isHtml };
}

function parse(text: string): unknown {
  return text.length <= MAX_BODY ? unwrap(tryParseJson(text)) : undefined;
}

/** Gemini wraps its error in an array; relays send strings as the whole error. */
function unwrap(value: unknown): unknown {
  const first = Array.isArray(value) ? value[0] : value;
  return typeof first === "string" ? { error: first } : first;
}

function messageOf(body: JsonObject): string {
  const error = isObject(body.error) ? body.error : undefined;
  const [first] = Array.isArray(body.errors) ? body.errors : [];
  const message = nonEmptyString(error?.message) ??
    nonEmptyString(body.error) ??
    nonEmptyString(body.message) ??
    nonEmptyString(body.Message) ??
    detailText(body.detail) ??
    nonEmptyString(isObject(first) ? first.message : first) ??
    nonEmptyString(body.error_description) ??
    nonEmptyString(error?.code) ??
    "";
  const nested = nestedMessage(error ?? body);
  if (nested === undefined || message.includes(nested)) return message;
  return message === "" ? nested : `${message}: ${nested}`;
}

/** FastAPI's `detail`: a text, or a list of what is wrong where. */
function detailText(detail: unknown): string | undefined {
  if (!Array.isArray(detail)) {
    return nonEmptyString(isObject(detail) ? detail.message : detail);
  }
  const lines = detail.slice(0, 20).filter(isObject).map(({ loc, msg }) =>
    `${Array.isArray(loc) ? loc.join(".") : String(loc ?? "body")}: ${String(msg ?? "invalid")}`
  );
  return nonEmptyString(lines.join("; "));
}

/** What the provider behind OpenRouter said, as JSON inside the JSON. */
function nestedMessage({ metadata }: JsonObject): string | undefined {
  if (!isObject(metadata)) return undefined;
  const raw = typeof metadata.raw === "string" ? unwrap(tryParseJson(metadata.raw)) : metadata.raw;
  if (!isObject(raw)) return nonEmptyString(metadata.raw);
  const error = isObject(raw.error) ? raw.error : raw;
  return nonEmptyString(error.message) ?? nonEmptyString(raw.error) ?? nonEmptyString(raw.detail);
}

/** Azure keeps the reason of a content filter one level down, OpenRouter its provider's code. */
function innerCodes({ innererror, metadata }: JsonObject): unknown[] {
  const codes: unknown[] = [];
  if (isObject(innererror)) codes.push(innererror.code);
  if (isObject(innererror) && innererror.content_filter_result) codes.push("content_filter");
  if (isObject(metadata) && Array.isArray(metadata.reasons)) codes.push("moderation");
  return codes;
}

/** `com.amazon.coral#ThrottlingException:http://…` is `throttlingexception`. */
function codeName(code: unknown): string {
  if (typeof code !== "string" && typeof code !== "number") return "";
  const name = String(code).slice(0, 200).toLowerCase();
  return name.replace(/:http.*$/, "").replace(/^.*#/, "").trim().replace(/\s+/g, "_");
}

function httpStatus(code: unknown): number | undefined {
  const status = typeof code === "string" && /^\d{3}$/.test(code) ? Number(code) : code;
  if (typeof status !== "number" || !Number.isInteger(status)) return undefined;
  return status >= 400 && status < 600 ? status : undefined;
}

/** The beginning of a long text, up to the end of a word, lest half a key survive scrubbing. */
function limit(text: string): string {
  return text.length <= MAX_TEXT ? text : text.slice(0, MAX_TEXT).replace(/\S{0,512}$/, "");
}
