import * as z from "zod/mini";
import { described, quirksSchema } from "../profiles/schema.ts";
import { findTranslator, MODES } from "../translators/registry.ts";
import type { Translator } from "../translators/translator.ts";
import { DAYS_PATTERN, DURATION_PATTERN, parseDuration, parseSize, SIZE_PATTERN } from "./units.ts";

/** First path segments of the server's own routes, which no target may take. */
export const RESERVED_NAMES: readonly string[] = [
  "v1",
  "api",
  "healthz",
  "readyz",
  "metrics",
];

/** What a target may be called: it becomes the first segment of a URL. */
export const TARGET_NAME_PATTERN = /^[a-z0-9][a-z0-9._-]*$/;

/** Timers hold at most 2³¹−1 milliseconds and would fire at once for more. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What a header can carry: visible Latin-1, spaces and tabs, but no line break. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The transport's own business; a value from the YAML would break the connection. */
const TRANSPORT_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const NOT_EMPTY = z.minLength(1, { error: "must not be empty" });

const ABSOLUTE_PATH = /^(?:\/|\\\\|[A-Za-z]:[\\/])/;

const DURATION_ERROR = "must be a duration such as '250ms', '10s', '5m' or '1h'";
const WORKERS_ERROR = "must be 'auto' or a whole number from 1 to 256";
const DAYS_ERROR = "must be a number of days such as '90d'";
const SIZE_ERROR = "must be a size such as '32MiB', '500KB' or a number of bytes";

function duration(description: string, { zero = false } = {}): z.ZodMiniString {
  const schema = z.string({ error: DURATION_ERROR }).check(
    z.regex(DURATION_PATTERN, { error: DURATION_ERROR, abort: true }),
    z.refine((text) => zero || parseDuration(text) !== 0, { error: "must be longer than zero" }),
    z.refine((text) => (parseDuration(text) ?? 0) <= MAX_TIMER_MS, {
      error: "must be at most '596h'",
    }),
  );
  return described(schema, description);
}

function count(description: string, maximum = Number.MAX_SAFE_INTEGER): z.ZodMiniNumber {
  return described(z.int().check(z.gte(1), z.lte(maximum)), description);
}

const size = z.union([
  z.string().check(z.regex(SIZE_PATTERN, { error: SIZE_ERROR, abort: true })),
  z.int({ error: SIZE_ERROR, abort: true }),
], { error: SIZE_ERROR }).check(
  z.refine((value) => (parseSize(value) ?? 0) > 0, { error: "must be larger than zero" }),
);

/** A secret that goes into a header; the message must not quote it. */
const FITS_HEADER = z.regex(HEADER_VALUE, {
  error: "holds a character that no header can carry, such as a line break",
});
const secret = z.string().check(FITS_HEADER);

const headers = z.record(
  z.string().check(
    z.regex(HEADER_NAME, { error: "is not a header name" }),
    z.refine((name) => !TRANSPORT_HEADERS.has(name.toLowerCase()), {
      error: "is set by the gateway itself",
    }),
  ),
  z.string().check(z.regex(HEADER_VALUE, {
    error: "must not hold a line break or a character outside Latin-1",
  })),
);

const timeouts = z.partial(z.strictObject({
  connect: duration("Until the connection stands (10s)"),
  first_byte: duration("Until the upstream's first byte (5m)"),
  idle: duration("Silence after which a stream is given up (5m)"),
  total: duration("Whole answer (1h)"),
}));

const retry = z.partial(z.strictObject({
  attempts: count("All tries of a request, the first included (1)", 10),
  max_wait: duration("Longest retry-after that is waited for (30s)", { zero: true }),
}));

const baseUrl = z.string().check(z.superRefine((text, context) => {
  const problem = baseUrlProblem(text);
  if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
}));

/** Never quotes the URL, which may hold a secret. */
function baseUrlProblem(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || !/^https?:\/\//i.test(text)) {
    return "must be an absolute URL such as 'https://api.example.com/v1'";
  }
  if (url.username !== "" || url.password !== "") {
    return "must not hold credentials; use 'api_key' or 'headers'";
  }
  return url.search !== "" || text.includes("#")
    ? "must not hold a query or a fragment; use 'query' for parameters"
    : undefined;
}

/** Keys that every target knows, whatever its mode. */
export const targetShape = {
  base_url: described(baseUrl, "URL of the provider's API; a trailing / does not matter"),
  api_key: described(
    z.union([secret, z.array(secret)], { error: "must be a key or a list of keys" }),
    "Key of the provider, or several; sent the way the provider wants it",
  ),
  ca_cert: described(
    z.string().check(
      z.regex(/-----BEGIN CERTIFICATE-----/, {
        error: "must be a certificate in PEM form, such as '${file:ca.pem}'",
      }),
    ),
    "Certificate of a private CA that the upstream's TLS is verified against, in PEM",
  ),
  model: described(z.string(), "Sent upstream whatever the client asks for"),
  models: described(
    z.record(z.string().check(z.minLength(1)), z.string().check(z.minLength(1))),
    "Globs over the client's model name, first match wins, before model",
  ),
  provider: described(z.string(), "Profile of known quirks; by default recognised from base_url"),
  quirks: described(quirksSchema, "Single entries of the profile, overridden"),
  headers: described(headers, "Extra headers sent upstream"),
  query: described(
    z.record(z.string().check(z.minLength(1)), z.string()),
    "Extra query parameters",
  ),
  body: described(z.record(z.string(), z.unknown()), "Extra body fields, merged last"),
  max_output_tokens: count("Cap on max_tokens; a larger one is lowered"),
  context_window: count("The model's context window in tokens"),
  timeouts: described(timeouts, "Time limits of one upstream call"),
  retry: described(retry, "Tries before the first byte reached the client"),
  fallback: described(z.array(z.string()), "Targets tried in order when this one cannot answer"),
  on_loss: described(
    z.enum(["warn", "error", "drop"]),
    "What happens when a part of a request has no counterpart upstream (warn)",
  ),
  ping_interval: duration("Silence after which the client gets a ping event (10s)"),
} as const;

/** `defaults:`, merged under every target. */
const defaults = z.partial(z.strictObject({
  api_mode: described(z.string(), "The upstream's protocol"),
  ...targetShape,
}));

const limits = z.partial(z.strictObject({
  concurrent: count("Requests at the same time"),
  requests_per_minute: count("Requests a minute"),
  tokens_per_minute: count("Tokens a minute"),
}));

const clientKey = z.strictObject({
  name: described(z.string().check(NOT_EMPTY), "Shown in logs and metrics"),
  key: described(z.string().check(FITS_HEADER, NOT_EMPTY), "What the client sends"),
  targets: described(z.optional(z.array(z.string())), "Targets the key may use; default: all"),
  limits: described(z.optional(limits), "Limits of this key; default: none"),
});

const listen = z.partial(z.strictObject({
  host: described(z.string().check(NOT_EMPTY), "Address (127.0.0.1)"),
  port: described(z.int().check(z.gte(0), z.lte(65535)), "Port (8787); 0 takes a free one"),
  max_body: described(size, "Largest request body (32MiB)"),
  drain: duration("How long streams may finish on SIGTERM (30s)", { zero: true }),
  max_streams: count("Most answers in flight at once; more are answered 529 (4096)"),
  workers: described(
    z.union([z.literal("auto"), z.int().check(z.gte(1), z.lte(256))], { error: WORKERS_ERROR }),
    "Threads that serve, on Linux (1); auto: one for each core",
  ),
}));

const logging = z.partial(z.strictObject({
  level: described(z.enum(["debug", "info", "warn", "error"]), "Least severe level (info)"),
  format: described(z.enum(["text", "json"]), "Default: text on a terminal, json otherwise"),
  bodies: described(z.boolean(), "Logs request and answer bodies, keys redacted (false)"),
}));

const usage = z.partial(z.strictObject({
  enabled: described(z.boolean(), "Keeps what each request used, for switchyard usage (true)"),
  path: described(
    z.string().check(z.regex(ABSOLUTE_PATH, {
      error: "must be an absolute path, such as '${HOME}/switchyard-usage'",
    })),
    "Directory of the files; default: the state directory",
  ),
  keep: described(
    z.string({ error: DAYS_ERROR }).check(z.regex(DAYS_PATTERN, { error: DAYS_ERROR })),
    "How long it is kept at least; whole months go (90d)",
  ),
}));

function dollars(description: string): z.ZodMiniNumber {
  return described(z.number().check(z.gte(0)), description);
}

const price = z.strictObject({
  input: dollars("Input tokens that no cache had, USD per million"),
  output: dollars("Output tokens, USD per million"),
  cache_read: z.optional(dollars("Input tokens read from a cache, USD per million")),
  cache_creation: z.optional(dollars("Input tokens written to a cache, USD per million")),
});

/** What `switchyard usage` reads of the file, which need not be right as a whole. */
export const usageShape = {
  usage: described(
    z.optional(usage),
    "The record of what each request used; see docs/usage.md",
  ),
  prices: described(
    z.optional(z.record(z.string().check(z.minLength(1)), price)),
    "Globs over the upstream's model name, first match wins; see docs/usage.md",
  ),
} as const;

/** All of the file but its targets, whose schema depends on their mode. */
const rootShape = {
  listen: described(z.optional(listen), "The listener; a change needs a restart"),
  auth: described(
    z.optional(z.strictObject({
      keys: described(z.optional(z.array(clientKey)), "Who may call; none: loopback only"),
    })),
    "Client keys",
  ),
  default_target: described(z.optional(z.string()), "Serves /v1/messages for unknown models"),
  defaults: described(z.optional(defaults), "Merged under every target"),
  logging: described(z.optional(logging), "What is logged"),
  ...usageShape,
} as const;

/** The file, with its targets still unchecked. */
export const rootSchema = z.strictObject({
  ...rootShape,
  targets: z.optional(z.record(z.string(), z.unknown())),
});

/** A checked file with its targets still unchecked. */
export type RawRoot = z.infer<typeof rootSchema>;

const commonTarget = z.partial(z.strictObject(targetShape));

/** The keys of a checked target that every mode knows. */
export type RawTarget = z.infer<typeof commonTarget>;

/** A schema is dear to build, and a file may hold many targets of one mode. */
const targetSchemas = new Map<string, z.ZodMiniObject>();

/** The strict schema of one mode's targets. */
export function targetSchema(translator: Translator): z.ZodMiniObject {
  const { mode } = translator;
  const schema = targetSchemas.get(mode) ?? buildTargetSchema(translator);
  targetSchemas.set(mode, schema);
  return schema;
}

function buildTargetSchema({ mode, aliases = [], targetOptions }: Translator): z.ZodMiniObject {
  return z.strictObject({
    // Optional, like base_url, because `defaults` may hold them; validate.ts insists on both.
    api_mode: described(z.optional(z.enum([mode, ...aliases])), "The upstream's protocol"),
    ...commonTarget.shape,
    ...targetOptions,
  });
}

/** The whole file as one schema, of which the JSON Schema is made. */
export function fileSchema(): z.ZodMiniObject {
  const modes = MODES.map(findTranslator).filter((found) => found !== undefined).map(targetSchema);
  return z.strictObject({
    ...rootShape,
    targets: described(
      z.record(z.string().check(z.regex(TARGET_NAME_PATTERN)), z.union(modes)),
      "Named upstreams; POST /<name>/v1/messages reaches one",
    ),
  });
}
