import { assert, assertEquals } from "@std/assert";
import {
  AuthenticationError,
  ConfigError,
  formatProblem,
  GatewayError,
  InvalidRequestError,
  UnavailableError,
  UnknownTargetError,
  UnsupportedFeatureError,
  UpstreamError,
  UpstreamProtocolError,
  UpstreamUnreachableError,
} from "../src/errors.ts";

const CLASSES: { error: GatewayError; name: string; status: number; type: string }[] = [
  {
    error: new InvalidRequestError("x"),
    name: "InvalidRequestError",
    status: 400,
    type: "invalid_request_error",
  },
  {
    error: new InvalidRequestError("x", { status: 413, type: "request_too_large" }),
    name: "InvalidRequestError",
    status: 413,
    type: "request_too_large",
  },
  {
    error: new UnsupportedFeatureError("x"),
    name: "UnsupportedFeatureError",
    status: 400,
    type: "invalid_request_error",
  },
  {
    error: new AuthenticationError("x"),
    name: "AuthenticationError",
    status: 401,
    type: "authentication_error",
  },
  {
    error: new AuthenticationError("x", 403),
    name: "AuthenticationError",
    status: 403,
    type: "permission_error",
  },
  {
    error: new UnknownTargetError("x"),
    name: "UnknownTargetError",
    status: 404,
    type: "not_found_error",
  },
  {
    error: new UnavailableError("x"),
    name: "UnavailableError",
    status: 529,
    type: "overloaded_error",
  },
  {
    error: new UpstreamError("x", { status: 429, type: "rate_limit_error" }),
    name: "UpstreamError",
    status: 429,
    type: "rate_limit_error",
  },
  {
    error: new UpstreamUnreachableError("x"),
    name: "UpstreamUnreachableError",
    status: 502,
    type: "api_error",
  },
  {
    error: new UpstreamProtocolError("x"),
    name: "UpstreamProtocolError",
    status: 502,
    type: "api_error",
  },
];

for (const { error, name, status, type } of CLASSES) {
  Deno.test(`${name} has the status ${status} and the type ${type}`, () => {
    assert(error instanceof GatewayError);
    assertEquals([error.name, error.message, error.status, error.type], [name, "x", status, type]);
  });
}

Deno.test("GatewayError keeps its cause", () => {
  const cause = new Error("inside");
  assertEquals(new UpstreamProtocolError("x", { cause }).cause, cause);
});

Deno.test("ConfigError says every problem with its place", () => {
  const problems = [
    { line: 3, column: 5, path: "targets.a", message: "is wrong" },
    { line: 1, column: 1, path: "", message: "is no map" },
    { line: 0, column: 0, path: "", message: "cannot be read" },
  ];
  assertEquals(
    new ConfigError("proxy.yaml", problems).message,
    "proxy.yaml:3:5 targets.a: is wrong\nproxy.yaml:1:1: is no map\nproxy.yaml: cannot be read",
  );
  assertEquals(
    formatProblem("f", { line: 0, column: 0, path: "a", message: "b" }),
    "f a: b",
  );
});
