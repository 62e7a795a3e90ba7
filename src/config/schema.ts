import { isAbsolute } from "node:path";
import * as z from "zod";
import { quirksSchema } from "../profiles/schema.ts";
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

const DURATION_ERROR = "must be a duration such as '250ms', '10s', '5m' or '1h'";
const WORKERS_ERROR = "must be 'auto' or a whole number from 1 to 256";
const DAYS_ERROR = "must be a number of days such as '90d'";
const SIZE_ERROR = "must be a size such as '32MiB', '500KB' or a number of bytes";

function duration(description: string, { zero = false } = {}): z.ZodString {
  return z.string({ error: DURATION_ERROR })
    .regex(DURATION_PATTERN, { error: DURATION_ERROR, abort: true })
    .refine((text) => zero || parseDuration(text) !== 0, { error: "must be longer than zero" })
    .refine((text) => (parseDuration(text) ?? 0) <= MAX_TIMER_MS, {
      error: "must be at most '596h'",
    })
    .describe(description);
}

function count(description: string, maximum = Number.MAX_SAFE_INTEGER): z.ZodNumber {
  return z.number().int().min(1).max(maximum).describe(description);
}

const size = z.union([
  z.string().regex(SIZE_PATTERN, { error: SIZE_ERROR, abort: true }),
  z.number().int({ error: SIZE_ERROR, abort: true }),
], { error: SIZE_ERROR }).refine((value) => (parseSize(value) ?? 0) > 0, {
  error: "must be larger than zero",
});

/** A secret that goes into a header; the message must not quote it. */
const secret = z.string().regex(HEADER_VALUE, {
  error: "holds a character that no header can carry, such as a line break",
});

const headers = z.record(
  z.string().regex(HEADER_NAME, { error: "is not a header name" })
    .refine((name) => !TRANSPORT_HEADERS.has(name.toLowerCase()), {
      error: "is set by the gateway itself",
    }),
  z.string().regex(HEADER_VALUE, {
    error: "must not hold a line break or a character outside Latin-1",
  }),
);

const timeouts = z.strictObject({
  connect: duration("Until the connection stands (10s)"),
  first_byte: duration("Until the upstream's first byte (5m)"),
  idle: duration("Silence after which a stream is given up (5m)"),
  total: duration("Whole answer (1h)"),
}).partial();

const retry = z.strictObject({
  attempts: count("All tries of a request, the first included (1)", 10),
  max_wait: duration("Longest retry-after that is waited for (30s)", { zero: true }),
}).partial();

const baseUrl = z.string().superRefine((text, context) => {
  const problem = baseUrlProblem(text);
  if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
});

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
  base_url: baseUrl.describe("URL of the provider's API; a trailing / does not matter"),
  api_key: z.union([secret, z.array(secret)], { error: "must be a key or a list of keys" })
    .describe("Key of the provider, or several; sent the way the provider wants it"),
  ca_cert: z.string().regex(/-----BEGIN CERTIFICATE-----/, {
    error: "must be a certificate in PEM form, such as '${file:ca.pem}'",
  }).describe("Certificate of a private CA that the upstream's TLS is verified against, in PEM"),
  model: z.string().describe("Sent upstream whatever the client asks for"),
  models: z.record(z.string().min(1), z.string().min(1))
    .describe("Globs over the client's model name, first match wins, before model"),
  provider: z.string().describe("Profile of known quirks; by default recognised from base_url"),
  quirks: quirksSchema.describe("Single entries of the profile, overridden"),
  headers: headers.describe("Extra headers sent upstream"),
  query: z.record(z.string().min(1), z.string()).describe("Extra query parameters"),
  body: z.record(z.string(), z.unknown()).describe("Extra body fields, merged last"),
  max_output_tokens: count("Cap on max_tokens; a larger one is lowered"),
  context_window: count("The model's context window in tokens"),
  timeouts: timeouts.describe("Time limits of one upstream call"),
  retry: retry.describe("Tries before the first byte reached the client"),
  fallback: z.array(z.string()).describe("Targets tried in order when this one cannot answer"),
  on_loss: z.enum(["warn", "error", "drop"])
    .describe("What happens when a part of a request has no counterpart upstream (warn)"),
  ping_interval: duration("Silence after which the client gets a ping event (10s)"),
} as const;

/** `defaults:`, merged under every target. */
const defaults = z.strictObject({
  api_mode: z.string().describe("The upstream's protocol"),
  ...targetShape,
}).partial();

const limits = z.strictObject({
  concurrent: count("Requests at the same time"),
  requests_per_minute: count("Requests a minute"),
  tokens_per_minute: count("Tokens a minute"),
}).partial();

const clientKey = z.strictObject({
  name: z.string().min(1, { error: "must not be empty" }).describe("Shown in logs and metrics"),
  key: secret.min(1, { error: "must not be empty" }).describe("What the client sends"),
  targets: z.array(z.string()).optional().describe("Targets the key may use; default: all"),
  limits: limits.optional().describe("Limits of this key; default: none"),
});

const listen = z.strictObject({
  host: z.string().min(1, { error: "must not be empty" }).describe("Address (127.0.0.1)"),
  port: z.number().int().min(0).max(65535).describe("Port (8787); 0 takes a free one"),
  max_body: size.describe("Largest request body (32MiB)"),
  drain: duration("How long streams may finish on SIGTERM (30s)", { zero: true }),
  max_streams: count("Most answers in flight at once; more are answered 529 (4096)"),
  workers: z.union([z.literal("auto"), z.number().int().min(1).max(256)], { error: WORKERS_ERROR })
    .describe("Threads that serve, on Linux (1); auto: one for each core"),
}).partial();

const logging = z.strictObject({
  level: z.enum(["debug", "info", "warn", "error"]).describe("Least severe level (info)"),
  format: z.enum(["text", "json"]).describe("Default: text on a terminal, json otherwise"),
  bodies: z.boolean().describe("Logs request and answer bodies, keys redacted (false)"),
}).partial();

const usage = z.strictObject({
  enabled: z.boolean().describe("Keeps what each request used, for switchyard usage (true)"),
  path: z.string().refine(isAbsolute, {
    error: "must be an absolute path, such as '${HOME}/switchyard-usage'",
  }).describe("Directory of the files; default: the state directory"),
  keep: z.string({ error: DAYS_ERROR }).regex(DAYS_PATTERN, { error: DAYS_ERROR })
    .describe("How long it is kept at least; whole months go (90d)"),
}).partial();

function dollars(description: string): z.ZodNumber {
  return z.number().min(0).describe(description);
}

const price = z.strictObject({
  input: dollars("Input tokens that no cache had, USD per million"),
  output: dollars("Output tokens, USD per million"),
  cache_read: dollars("Input tokens read from a cache, USD per million").optional(),
  cache_creation: dollars("Input tokens written to a cache, USD per million").optional(),
});

/** What `switchyard usage` reads of the file, which need not be right as a whole. */
export const usageShape = {
  usage: usage.optional().describe("The record of what each request used; see docs/usage.md"),
  prices: z.record(z.string().min(1), price).optional()
    .describe("Globs over the upstream's model name, first match wins; see docs/usage.md"),
} as const;

/** All of the file but its targets, whose schema depends on their mode. */
const rootShape = {
  listen: listen.optional().describe("The listener; a change needs a restart"),
  auth: z.strictObject({
    keys: z.array(clientKey).optional().describe("Who may call; none: loopback only"),
  }).optional().describe("Client keys"),
  default_target: z.string().optional().describe("Serves /v1/messages for unknown models"),
  defaults: defaults.optional().describe("Merged under every target"),
  logging: logging.optional().describe("What is logged"),
  ...usageShape,
} as const;

/** The file, with its targets still unchecked. */
export const rootSchema = z.strictObject({
  ...rootShape,
  targets: z.record(z.string(), z.unknown()).optional(),
});

/** A checked file with its targets still unchecked. */
export type RawRoot = z.infer<typeof rootSchema>;

const commonTarget = z.strictObject(targetShape).partial();

/** The keys of a checked target that every mode knows. */
export type RawTarget = z.infer<typeof commonTarget>;

/** A schema is dear to build, and a file may hold many targets of one mode. */
const targetSchemas = new Map<string, z.ZodObject>();

/** The strict schema of one mode's targets. */
export function targetSchema(translator: Translator): z.ZodObject {
  const { mode } = translator;
  const schema = targetSchemas.get(mode) ?? buildTargetSchema(translator);
  targetSchemas.set(mode, schema);
  return schema;
}

function buildTargetSchema({ mode, aliases = [], targetOptions }: Translator): z.ZodObject {
  return z.strictObject({
    // Optional, like base_url, because `defaults` may hold them; validate.ts insists on both.
    api_mode: z.enum([mode, ...aliases]).optional().describe("The upstream's protocol"),
    ...commonTarget.shape,
    ...targetOptions,
  });
}

/** The whole file as one schema, of which the JSON Schema is made. */
export function fileSchema(): z.ZodObject {
  const modes = MODES.map(findTranslator).filter((found) => found !== undefined).map(targetSchema);
  return z.strictObject({
    ...rootShape,
    targets: z.record(z.string().regex(TARGET_NAME_PATTERN), z.union(modes))
      .describe("Named upstreams; POST /<name>/v1/messages reaches one"),
  });
}
