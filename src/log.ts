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

const REDACTED = "[redacted]";

/** Credentials as the providers spell them, for those that no config file named. */
const SECRET_PATTERNS =
  /\b(?:sk|pk|rk|gsk|xai|csk|nvapi|tgp|fw)[-_][\w-]{8,}|\bAIza[\w-]{20,}|\bAKIA[A-Z0-9]{12,}|(?<=\b(?:Bearer|Basic) )[\w.~+/=-]{6,}/gi;

/** Fields and headers whose value is a credential whatever it looks like. */
const SECRET_NAMES =
  /^(?:authorization|proxy-authorization|cookie|set-cookie|(?:x-)?api[-_]key|x-goog-api-key|access_token|refresh_token|client_secret|password)$/i;

const encoder = new TextEncoder();
const secrets = new Set<string>();
let knownSecrets: RegExp | undefined;
let minimum = LOG_LEVELS.indexOf("info");
let asJson: boolean | undefined;
let write: (line: string) => void = writeToStderr;

/** Sets level, format and destination of all loggers; what is left out goes back to its default. */
export function configureLog(options: LogOptions): void {
  minimum = LOG_LEVELS.indexOf(options.level ?? "info");
  asJson = options.format === undefined ? undefined : options.format === "json";
  write = options.write ?? writeToStderr;
}

/** The logger of a category, which is a folder's name or what it does: `config`, `access`. */
export function getLogger(category: string): Logger {
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (LOG_LEVELS.indexOf(level) < minimum) return;
    asJson ??= !Deno.stderr.isTerminal();
    const record = { time: new Date().toISOString(), level, category, message };
    write(asJson ? toJson({ ...record, ...fields }) : toText(record, fields));
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    isEnabled: (level) => LOG_LEVELS.indexOf(level) >= minimum,
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

/** The text without known secrets and without anything that looks like one. */
export function redact(text: string): string {
  const known = knownSecrets === undefined ? text : text.replace(knownSecrets, REDACTED);
  return known.replace(SECRET_PATTERNS, REDACTED);
}

function toJson(record: LogFields): string {
  return JSON.stringify(record, (name, value) => printable(name, value));
}

function toText(
  record: { readonly time: string; readonly level: string; category: string; message: string },
  fields: LogFields = {},
): string {
  const parts = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${fieldText(name, value)}`);
  const head = `${record.time} ${record.level.toUpperCase().padEnd(5)} ${record.category}`;
  return `${head}: ${escapeControls(redact(record.message))}${parts.join("")}`;
}

function fieldText(name: string, value: unknown): string {
  const safe = printable(name, value);
  if (typeof safe === "string" && /^[\w.:/@+,\[\]-]+$/.test(safe)) return safe;
  return escapeControls(JSON.stringify(safe, (inner, member) => printable(inner, member)) ?? "");
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

/** Synchronous, so that nothing is lost when the process ends. */
function writeToStderr(line: string): void {
  const bytes = encoder.encode(line + "\n");
  try {
    for (let sent = 0; sent < bytes.length;) sent += Deno.stderr.writeSync(bytes.subarray(sent));
  } catch {
    // Nobody reads stderr any more; there is no better place to say so.
  }
}
