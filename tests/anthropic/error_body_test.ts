import { assert, assertEquals, assertThrows } from "@std/assert";
import { asGatewayError, errorEvent, errorResponse } from "../../src/anthropic/error_body.ts";
import { AuthenticationError, GatewayError, InvalidRequestError } from "../../src/errors.ts";
import { readEvents } from "../support/events.ts";

Deno.test("errorResponse() is Anthropic's envelope with the status and headers of the error", () => {
  const error = new GatewayError("Slow down", {
    status: 429,
    type: "rate_limit_error",
    headers: { "retry-after": "5" },
    details: { error_code: "x" },
  });
  assertEquals(errorResponse(error, "req_1"), {
    status: 429,
    headers: { "retry-after": "5", "content-type": "application/json" },
    body: '{"type":"error","error":{"type":"rate_limit_error","message":"Slow down",' +
      '"details":{"error_code":"x"}},"request_id":"req_1"}',
  });
});

const FOREIGN: { name: string; error: unknown }[] = [
  { name: "an Error", error: new Error("secret path /etc/x") },
  { name: "a TypeError", error: new TypeError("secret") },
  { name: "a string", error: "secret" },
  { name: "nothing", error: undefined },
];

for (const { name, error } of FOREIGN) {
  Deno.test(`errorResponse() tells nothing of the inside for ${name}`, () => {
    const { status, body } = errorResponse(error, "req_1");
    assertEquals(status, 500);
    assert(body.includes('"api_error"') && !body.includes("secret"));
    assertEquals(asGatewayError(error).cause, error);
  });
}

Deno.test("asGatewayError() takes an exhausted stack for a request that is nested too deeply", () => {
  const caught = assertThrows(function deeper(): number {
    return deeper() + 1;
  }, RangeError);
  const known = asGatewayError(caught);
  assert(known instanceof InvalidRequestError);
  assertEquals([known.status, known.message], [400, "The request is nested too deeply"]);
});

Deno.test("errorResponse() cuts long messages and keeps them well formed", () => {
  const message = "x".repeat(4095) + "👋" + "y".repeat(5000);
  const { body } = errorResponse(new InvalidRequestError(message), "req_1");
  const { error } = JSON.parse(body) as { error: { message: string } };
  assertEquals(error.message, "x".repeat(4095) + "\ufffd");
});

Deno.test("errorEvent() is one event with the same body", () => {
  const error = new AuthenticationError("No key");
  const [event] = readEvents(errorEvent(error, "req_1"));
  assertEquals(event?.name, "error");
  assertEquals(event?.data, JSON.parse(errorResponse(error, "req_1").body));
});
