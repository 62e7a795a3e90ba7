import { assertEquals, assertThrows } from "@std/assert";
import type { Config } from "../../src/config/config.ts";
import { AuthenticationError, InvalidRequestError } from "../../src/errors.ts";
import { authenticate, authorize, guardOpenServer, mayUse } from "../../src/server/auth.ts";
import { configOf, plainConfig, problemsOf } from "../support/config.ts";

const OPEN: Config = await configOf(plainConfig());
const KEYED: Config = await configOf(
  `${plainConfig()}auth:\n  keys:\n    - { name: x, key: longer-key }\n    - { name: y, key: k2 }\n`,
);

const HOSTS: { host: string; isLoopback: boolean }[] = [
  { host: "localhost", isLoopback: true },
  { host: "localhost:8787", isLoopback: true },
  { host: "LocalHost:8787", isLoopback: true },
  { host: "gateway.localhost:1", isLoopback: true },
  { host: "127.0.0.1", isLoopback: true },
  { host: "127.0.0.1:8787", isLoopback: true },
  { host: "127.1.2.3:8787", isLoopback: true },
  { host: "[::1]", isLoopback: true },
  { host: "[::1]:8787", isLoopback: true },
  { host: "evil.example", isLoopback: false },
  { host: "evil.example:8787", isLoopback: false },
  { host: "localhost.evil.example", isLoopback: false },
  { host: "127.0.0.1.evil.example", isLoopback: false },
  { host: "192.168.0.7:8787", isLoopback: false },
  { host: "[::2]:8787", isLoopback: false },
  { host: "0.0.0.0:8787", isLoopback: false },
];

for (const { host, isLoopback } of HOSTS) {
  Deno.test(`guardOpenServer() ${isLoopback ? "lets in" : "refuses"} Host ${host}`, () => {
    const request = new Request("http://localhost/", { headers: { host } });
    const check = () => guardOpenServer(request, OPEN);
    if (isLoopback) check();
    else assertEquals(assertThrows(check, AuthenticationError).status, 403);
    guardOpenServer(request, KEYED);
  });
}

const CONTENT_TYPES: { type: string; isJson: boolean }[] = [
  { type: "application/json", isJson: true },
  { type: "Application/JSON; charset=utf-8", isJson: true },
  { type: "text/plain", isJson: false },
  { type: "application/x-www-form-urlencoded", isJson: false },
  { type: "multipart/form-data; boundary=application/json", isJson: false },
  { type: "application/jsonx", isJson: false },
];

for (const { type, isJson } of CONTENT_TYPES) {
  Deno.test(`guardOpenServer() ${isJson ? "lets in" : "refuses"} a POST of ${type}`, () => {
    const headers = { host: "localhost", "content-type": type };
    const request = new Request("http://localhost/", { method: "POST", body: "{}", headers });
    const check = () => guardOpenServer(request, OPEN);
    if (isJson) check();
    else assertEquals(assertThrows(check, InvalidRequestError).status, 400);
    guardOpenServer(request, KEYED);
  });
}

Deno.test("authenticate() needs no key where there are none", () => {
  assertEquals(authenticate(new Headers(), OPEN), undefined);
});

const SHOWN: { name: string; headers: Readonly<Record<string, string>>; want: string | null }[] = [
  { name: "a key", headers: { "x-api-key": "k2" }, want: "y" },
  { name: "a key with blanks around it", headers: { "x-api-key": " k2 " }, want: "y" },
  { name: "a bearer token", headers: { authorization: "Bearer  k2" }, want: "y" },
  { name: "a prefix of a key", headers: { "x-api-key": "k" }, want: null },
  { name: "a key and more", headers: { "x-api-key": "k2k2" }, want: null },
  { name: "a bearer token without a token", headers: { authorization: "Bearer " }, want: null },
  { name: "the key of Object.prototype", headers: { "x-api-key": "__proto__" }, want: null },
];

for (const { name, headers, want } of SHOWN) {
  Deno.test(`authenticate() takes ${name} as ${want}`, () => {
    const check = () => authenticate(new Headers(headers), KEYED);
    if (want !== null) assertEquals(check()?.name, want);
    else assertEquals(assertThrows(check, AuthenticationError).status, 401);
  });
}

Deno.test("authorize() refuses a key that is not meant for the target", () => {
  const limits = {
    concurrent: undefined,
    requestsPerMinute: undefined,
    tokensPerMinute: undefined,
  };
  const key = { name: "x", key: "k", targets: new Set(["a"]), limits };
  authorize(key, "a");
  authorize(undefined, "b");
  assertEquals(assertThrows(() => authorize(key, "b"), AuthenticationError).status, 403);
  assertEquals(mayUse({ ...key, targets: undefined }, "b"), true);
});

Deno.test("a config without keys is refused on an address that others can reach", async () => {
  const problems = await problemsOf(`${plainConfig()}listen: { host: 0.0.0.0 }\n`);
  assertEquals(problems.includes("auth.keys"), true, problems);
});
