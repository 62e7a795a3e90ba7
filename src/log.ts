import { configureSync, getLogger as getLibraryLogger, type LogRecord } from "@logtape/logtape";

/** Levels of a log record, least severe first. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** One of them. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a record carries besides its message. Never the text of a prompt or an answer. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes records of one category. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** True if records of that level are written; saves building costly fields. */
  isEnabled(level: LogLevel): boolean;
}

/** How records are written. */
export interface LogOptions {
  readonly level?: LogLevel | undefined;
  /** Undefined: text on a terminal, one JSON object a line otherwise. */
  readonly format?: "text" | "json" | undefined;
  /** Takes a finished line; by default stderr does. */
  readonly write?: ((line: string) => void) | undefined;
}

/** Shorter ones would redact ordinary words. */
const MIN_SECRET_LENGTH = 6;

/** Most that are hidden for a time; all others are for good. */
const MAX_TEMPORARY = 32;

const REDACTED = "[redacted]";

/** Credentials as the providers spell them, for those that no config file named. */
const SECRET_PATTERNS =
  /\b(?:sk|pk|rk|gsk|xai|csk|nvapi|tgp|fw)[-_][\w-]{8,}|\bAIza[\w-]{20,}|\b(?:AKIA|ASIA)[A-Z0-9]{12,}|(?<=\b(?:Bearer|Basic) )[\w.~+/=-]{6,}/gi;

/** Fields and headers whose value is a credential whatever it looks like. */
const SECRET_NAMES =
  /^(?:authorization|proxy-authorization|cookie|set-cookie|(?:x-)?api[-_]key|x-goog-api-key|access_token|refresh_token|client_secret|password)$/i;

const encoder = new TextEncoder();
const secrets = new Set<string>();
let knownSecrets: RegExp | undefined;
const temporary: string[] = [];

/** The library's names of the levels. */
const LIBRARY_LEVELS = { debug: "debug", info: "info", warn: "warning", error: "error" } as const;

/** Sets level, format and destination of all loggers; until then nothing is written. */
export function configureLog(options: LogOptions): void {
  const { level = "info", write = writeToStderr } = options;
  const asJson = (options.format ?? (Deno.stderr.isTerminal() ? "text" : "json")) === "json";
  const sink = (record: LogRecord) => write(asJson ? toJson(record) : toText(record));
  configureSync({
    // A reload sets it again.
    reset: true,
    sinks: { sink },
    loggers: [
      { category: [], sinks: ["sink"], lowestLevel: LIBRARY_LEVELS[level] },
      { category: ["logtape", "meta"], lowestLevel: "error" },
    ],
  });
}

/** The logger of a category, which is a folder's name or what it does: `config`, `access`. */
export function getLogger(category: string): Logger {
  const logger = getLibraryLogger([category]);
  return {
    debug: (message, fields) => logger.debug(message, fields),
    info: (message, fields) => logger.info(message, fields),
    warn: (message, fields) => logger.warn(message, fields),
    error: (message, fields) => logger.error(message, fields),
    isEnabled: (level) => logger.isEnabledFor(LIBRARY_LEVELS[level]),
  };
}

/** Makes values unprintable from now on: keys of targets and of clients. */
export function hideSecrets(values: Iterable<string>): void {
  for (const value of values) if (value.length >= MIN_SECRET_LENGTH) secrets.add(value);
  const longestFirst = [...secrets].sort((one, other) => other.length - one.length);
  knownSecrets = longestFirst.length === 0
    ? undefined
    : new RegExp(longestFirst.map((secret) => RegExp.escape(secret)).join("|"), "g");
}

/** Makes values unprintable that are good for a short time, until as many others came after them. */
export function hideTemporarily(values: Iterable<string>): void {
  for (const value of values) if (value.length >= MIN_SECRET_LENGTH) temporary.push(value);
  temporary.splice(0, temporary.length - MAX_TEMPORARY);
}

/** The values that {@link hideTemporarily} still hides, the longest first. */
export function temporarySecrets(): readonly string[] {
  return temporary.toSorted((one, other) => other.length - one.length);
}

/** The text without known secrets and without anything that looks like one. */
export function redact(text: string): string {
  const known = knownSecrets === undefined ? text : text.replace(knownSecrets, REDACTED);
  return temporarySecrets().reduce((clean, secret) => clean.replaceAll(secret, REDACTED), known)
    .replace(SECRET_PATTERNS, REDACTED);
}

function toJson(record: LogRecord): string {
  const { time, level, category, message } = readRecord(record);
  return JSON.stringify({ time, level, category, message, ...record.properties }, printable);
}

function toText(record: LogRecord): string {
  const { time, level, category, message } = readRecord(record);
  const fields = Object.entries(record.properties)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${fieldText(name, value)}`);
  const head = `${time} ${level.toUpperCase().padEnd(5)} ${category}`;
  return `${head}: ${escapeControls(redact(message))}${fields.join("")}`;
}

function readRecord({ timestamp, level, category, rawMessage }: LogRecord): {
  readonly time: string;
  readonly level: string;
  readonly category: string;
  readonly message: string;
} {
  return {
    time: new Date(timestamp).toISOString(),
    level: level === "warning" ? "warn" : level,
    category: category.join("."),
    // The raw one: a brace in an upstream's words is no placeholder.
    message: String(rawMessage),
  };
}

function fieldText(name: string, value: unknown): string {
  const safe = printable(name, value);
  if (typeof safe === "string" && /^[\w.:/@+,\[\]-]+$/.test(safe)) return safe;
  return escapeControls(JSON.stringify(safe, printable) ?? "");
}

function printable(name: string, value: unknown): unknown {
  if (SECRET_NAMES.test(name)) return value === undefined ? undefined : REDACTED;
  if (typeof value === "string") return redact(value);
  if (value instanceof Error) return redact(`${value.name}: ${value.message}`);
  return typeof value === "bigint" ? String(value) : value;
}

/** What comes from outside must not begin a new line or steer the terminal. */
function escapeControls(text: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what it is about
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, (character) => {
    if (character === "\n") return "\\n";
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

let takeTurn: (write: () => void) => void = (write) => write();

/** Where several threads write to stderr: has each line written in its turn, and so in one piece. */
export function shareStderr(turn: (write: () => void) => void): void {
  takeTurn = turn;
}

/** Synchronous, so that nothing is lost when the process ends. */
function writeToStderr(line: string): void {
  const bytes = encoder.encode(line + "\n");
  takeTurn(() => {
    try {
      for (let sent = 0; sent < bytes.length;) sent += Deno.stderr.writeSync(bytes.subarray(sent));
    } catch {
      // Nobody reads stderr any more; there is no better place to say so.
    }
  });
}
