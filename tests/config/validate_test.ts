import { assertEquals } from "@std/assert";
import { MODE_NAMES } from "../../src/translators/registry.ts";
import { problemsOf } from "../support/config.ts";

const KNOWN_MODES = MODE_NAMES.map((name) => `'${name}'`).join(", ");

const ENV = { TRUE: "true", YES: "yes", PORT: "123", WORD: "abc" };

/** Whole files. */
const FILES: { text: string; want: string }[] = [
  {
    text: "",
    want: "f:1:1: the file is empty: run 'switchyard init' elsewhere for a commented example",
  },
  { text: "a", want: "f:1:1: expected a map, got a string" },
  { text: "[1]", want: "f:1:1: expected a map, got a list" },
  { text: "targets: 3", want: "f:1:10 targets: expected a map, got a number" },
  {
    text: "targets: {}",
    want:
      "f:1:1 targets: no target is defined: add one under 'targets', or run 'switchyard init' elsewhere for a commented example",
  },
  { text: "targets:", want: "f:1:9 targets: is empty; give it a value or remove the key" },
  {
    text: "listen: {}",
    want:
      "f:1:1 targets: no target is defined: add one under 'targets', or run 'switchyard init' elsewhere for a commented example",
  },
  {
    text: "targets: {v1: {api_mode: chat_completions, base_url: http://h}}",
    want: "f:1:11 targets.v1: 'v1' is a route of the server itself; choose another name",
  },
  {
    text: "targets: {A: {api_mode: chat_completions, base_url: http://h}}",
    want:
      "f:1:11 targets.A: a target's name begins with a-z or 0-9 and holds only a-z, 0-9, '.', '_', '-'",
  },
  {
    text: "targets: {-a: {api_mode: chat_completions, base_url: http://h}}",
    want:
      "f:1:11 targets.-a: a target's name begins with a-z or 0-9 and holds only a-z, 0-9, '.', '_', '-'",
  },
  { text: "targets: {a: }", want: "f:1:14 targets.a: is empty; give it a value or remove the key" },
  {
    text: "targets: {a: {}}",
    want: `f:1:11 targets.a.api_mode: is missing; must be one of ${KNOWN_MODES}`,
  },
  {
    text: "targets: {a: {api_mode: chat_completion, base_url: 'ftp://h'}}",
    want:
      `f:1:25 targets.a.api_mode: must be one of ${KNOWN_MODES}; did you mean 'chat_completions'?\nf:1:52 targets.a.base_url: must be an absolute URL such as 'https://api.example.com/v1'`,
  },
  {
    text: "targets: {a: {api_mode: chat_completions}}",
    want: "f:1:11 targets.a.base_url: is missing",
  },
  {
    text: "targets: {a: {api_mode: chat_completions, base_url: h}}",
    want: "f:1:53 targets.a.base_url: must be an absolute URL such as 'https://api.example.com/v1'",
  },
  {
    text: "targets: {a: {api_mode: chat_completions, base_url: 'https://u:p@h'}}",
    want: "f:1:53 targets.a.base_url: must not hold credentials; use 'api_key' or 'headers'",
  },
  {
    text: "targets: {a: {api_mode: chat_completions, base_url: 'https://h?a=b'}}",
    want:
      "f:1:53 targets.a.base_url: must not hold a query or a fragment; use 'query' for parameters",
  },
];

/** What follows `base_url` inside the braces of target `a`, on line 2 from column 58. */
const TARGETS: { text: string; want: string }[] = [
  { text: "modle: x", want: "f:2:58 targets.a.modle: unknown key; did you mean 'model'?" },
  { text: "baseUrl: x", want: "f:2:58 targets.a.baseUrl: unknown key; did you mean 'base_url'?" },
  { text: "zzz: x", want: "f:2:58 targets.a.zzz: unknown key" },
  {
    text: "model: 5",
    want: "f:2:65 targets.a.model: expected a string, got a number; put it in quotes",
  },
  { text: "model: [x]", want: "f:2:65 targets.a.model: expected a string, got a list" },
  {
    text: "model: null",
    want: "f:2:65 targets.a.model: is empty; give it a value or remove the key",
  },
  { text: "api_key: 5", want: "f:2:67 targets.a.api_key: must be a key or a list of keys" },
  {
    text: 'api_key: "a\\nb"',
    want:
      "f:2:67 targets.a.api_key: holds a character that no header can carry, such as a line break",
  },
  { text: "max_output_tokens: 0", want: "f:2:77 targets.a.max_output_tokens: must be at least 1" },
  {
    text: "max_output_tokens: 1.5",
    want: "f:2:77 targets.a.max_output_tokens: expected a whole number, got a fraction",
  },
  {
    text: "context_window: many",
    want: "f:2:74 targets.a.context_window: expected a number, got a string",
  },
  {
    text: "on_loss: wran",
    want: "f:2:67 targets.a.on_loss: must be one of 'warn', 'error', 'drop'; did you mean 'warn'?",
  },
  {
    text: "ping_interval: 10",
    want: "f:2:73 targets.a.ping_interval: must be a duration such as '250ms', '10s', '5m' or '1h'",
  },
  { text: "ping_interval: 0s", want: "f:2:73 targets.a.ping_interval: must be longer than zero" },
  {
    text: "timeouts: {idle: 5 min}",
    want: "f:2:75 targets.a.timeouts.idle: must be a duration such as '250ms', '10s', '5m' or '1h'",
  },
  {
    text: "timeouts: {total: 600h}",
    want: "f:2:76 targets.a.timeouts.total: must be at most '596h'",
  },
  {
    text: "timeouts: {conect: 1s}",
    want: "f:2:69 targets.a.timeouts.conect: unknown key; did you mean 'connect'?",
  },
  { text: "retry: {attempts: 0}", want: "f:2:76 targets.a.retry.attempts: must be at least 1" },
  { text: "retry: {attempts: 99}", want: "f:2:76 targets.a.retry.attempts: must be at most 10" },
  { text: "retry: 3", want: "f:2:65 targets.a.retry: expected a map, got a number" },
  {
    text: "provider: depseek",
    want:
      "f:2:68 targets.a.provider: no such profile for chat_completions; did you mean 'deepseek'?",
  },
  {
    text: "quirks: {topk: true}",
    want: "f:2:67 targets.a.quirks.topk: unknown key; did you mean 'top_k'?",
  },
  {
    text: "quirks: {stop: sned}",
    want: "f:2:73 targets.a.quirks.stop: must be one of 'send', 'emulate'; did you mean 'send'?",
  },
  {
    text: "quirks: {error_codes: {a: b}}",
    want:
      "f:2:84 targets.a.quirks.error_codes.a: expected a number, got a string, or must be 'context'",
  },
  { text: "headers: {'a b': x}", want: "f:2:68 targets.a.headers.a b: is not a header name" },
  {
    text: 'headers: {x: "a\\r\\nb"}',
    want: "f:2:71 targets.a.headers.x: must not hold a line break or a character outside Latin-1",
  },
  {
    text: "headers: {x: 1}",
    want: "f:2:71 targets.a.headers.x: expected a string, got a number; put it in quotes",
  },
  {
    text: "headers: {Content-Length: '5'}",
    want: "f:2:68 targets.a.headers.Content-Length: is set by the gateway itself",
  },
  {
    text: "query: {v: 1}",
    want: "f:2:69 targets.a.query.v: expected a string, got a number; put it in quotes",
  },
  {
    text: "models: {x: 1}",
    want: "f:2:70 targets.a.models.x: expected a string, got a number; put it in quotes",
  },
  { text: "models: {'': x}", want: "f:2:67 targets.a.models.: must not be empty" },
  { text: "models: {__proto__: x}", want: "f:2:67 targets.a.models: '__proto__' cannot be a key" },
  {
    text: "fallback: [b]",
    want: "f:2:69 targets.a.fallback.0: there is no target of that name; known are 'a'",
  },
  { text: "fallback: [a]", want: "f:2:69 targets.a.fallback.0: the fallback makes a cycle: a → a" },
  {
    text: "fallback: b",
    want:
      "f:2:68 targets.a.fallback: expected a list, got a string\nf:2:68 targets.a.fallback: there is no target of that name; known are 'a'",
  },
  {
    text: "fallback: [1]",
    want: "f:2:69 targets.a.fallback.0: expected a string, got a number; put it in quotes",
  },
  { text: "body: 3", want: "f:2:64 targets.a.body: expected a map, got a number" },
  { text: "quirks: {top_k: '${TRUE}'}", want: "" },
  {
    text: "quirks: {top_k: '${YES}'}",
    want: "f:2:74 targets.a.quirks.top_k: expected true or false, got a string",
  },
];

/** What stands above a sound target `a`. */
const SECTIONS: { text: string; want: string }[] = [
  {
    text: "default_target: b",
    want: "f:1:17 default_target: there is no target of that name; known are 'a'",
  },
  {
    text: "default_target: constructor",
    want: "f:1:17 default_target: there is no target of that name; known are 'a'",
  },
  { text: "listen: {port: 70000}", want: "f:1:16 listen.port: must be at most 65535" },
  {
    text: "listen: {port: '8787'}",
    want: "f:1:16 listen.port: expected a number, got a string; remove the quotes",
  },
  {
    text: "listen: {port: 1.5}",
    want: "f:1:16 listen.port: expected a whole number, got a fraction",
  },
  {
    text: "listen: {max_body: big}",
    want: "f:1:20 listen.max_body: must be a size such as '32MiB', '500KB' or a number of bytes",
  },
  { text: "listen: {max_body: 0}", want: "f:1:20 listen.max_body: must be larger than zero" },
  {
    text: "listen: {max_body: [1]}",
    want: "f:1:20 listen.max_body: must be a size such as '32MiB', '500KB' or a number of bytes",
  },
  {
    text: "listen: {drain: soon}",
    want: "f:1:17 listen.drain: must be a duration such as '250ms', '10s', '5m' or '1h'",
  },
  {
    text: "listen: {host: 0.0.0.0}",
    want:
      "f:1:10 listen.host: without 'auth.keys' the server would serve anybody who reaches this address; add a key, or listen on '127.0.0.1'",
  },
  {
    text: "listen: {host: '::'}",
    want:
      "f:1:10 listen.host: without 'auth.keys' the server would serve anybody who reaches this address; add a key, or listen on '127.0.0.1'",
  },
  {
    text: "listen: {host: 0.0.0.0}\nauth: {keys: []}",
    want:
      "f:1:10 listen.host: without 'auth.keys' the server would serve anybody who reaches this address; add a key, or listen on '127.0.0.1'",
  },
  { text: "listen: {host: 0.0.0.0}\nauth: {keys: [{name: a, key: k}]}", want: "" },
  { text: "listen: {workers: auto}", want: "" },
  { text: "listen: {workers: 0}", want: "f:1:19 listen.workers: must be at least 1" },
  {
    text: "listen: {workers: all}",
    want: "f:1:19 listen.workers: must be 'auto' or a whole number from 1 to 256",
  },
  {
    text: "logging: {level: trace}",
    want: "f:1:18 logging.level: must be one of 'debug', 'info', 'warn', 'error'",
  },
  { text: "logging: {format: xml}", want: "f:1:19 logging.format: must be one of 'text', 'json'" },
  {
    text: "logging: {bodies: 1}",
    want: "f:1:19 logging.bodies: expected true or false, got a number",
  },
  { text: "auth: {keys: [{name: a, key: ''}]}", want: "f:1:30 auth.keys.0.key: must not be empty" },
  { text: "auth: {keys: [{name: a}]}", want: "f:1:15 auth.keys.0.key: is missing" },
  {
    text: "auth: {keys: [{name: a, key: k}, {name: a, key: k}]}",
    want:
      "f:1:41 auth.keys.1.name: is the same as that of auth.keys.0\nf:1:49 auth.keys.1.key: is the same as that of auth.keys.0",
  },
  {
    text: "auth: {keys: [{name: a, key: k, targets: [a, b]}]}",
    want: "f:1:46 auth.keys.0.targets.1: there is no target of that name; known are 'a'",
  },
  {
    text: "auth: {keys: [{name: a, key: k, limits: {concurrent: 0}}]}",
    want: "f:1:54 auth.keys.0.limits.concurrent: must be at least 1",
  },
  { text: "auth: {key: x}", want: "f:1:8 auth.key: unknown key; did you mean 'keys'?" },
  { text: "auth:", want: "f:1:6 auth: is empty; give it a value or remove the key" },
  {
    text: "defaults: {fallback: [b]}",
    want: "f:1:23 defaults.fallback.0: there is no target of that name; known are 'a'",
  },
  { text: "defaults: {fallback: [a]}", want: "" },
  {
    text: "defaults: {timeouts: {idle: 1}}",
    want: "f:1:29 defaults.timeouts.idle: must be a duration such as '250ms', '10s', '5m' or '1h'",
  },
  { text: "tagets: {}", want: "f:1:1 tagets: unknown key; did you mean 'targets'?" },
  { text: "constructor: 1", want: "f:1:1 constructor: unknown key" },
  { text: "listen: {port: '${PORT}'}", want: "" },
  {
    text: "listen: {port: '${WORD}'}",
    want: "f:1:16 listen.port: expected a number, got a string",
  },
  {
    text: "listen: {port: '${UNSET}'}",
    want: "f:1:16 listen.port: variable 'UNSET' is not set; set it, or write '${UNSET:-default}'",
  },
];

const CASES = [
  ...FILES,
  ...TARGETS.map(({ text, want }) => ({
    text: `targets:\n  a: {api_mode: chat_completions, base_url: http://h/v1, ${text}}`,
    want,
  })),
  ...SECTIONS.map(({ text, want }) => ({
    text: `${text}\ntargets: {a: {api_mode: chat_completions, base_url: http://h}}`,
    want,
  })),
];

for (const { text, want } of CASES) {
  Deno.test(`validate() says what is wrong with ${JSON.stringify(text)}`, async () => {
    assertEquals(await problemsOf(text, { env: ENV }), want);
  });
}
