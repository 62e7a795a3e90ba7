import { assert, assertEquals } from "@std/assert";
import { hideTemporarily } from "../../../src/log.ts";
import { scrub, scrubSecrets } from "../../../src/translators/common/scrub.ts";

const CASES: { name: string; input: string; want: string }[] = [
  { name: "an OpenAI key", input: "key sk-proj-abcDEF123456 is bad", want: "key [key] is bad" },
  { name: "a masked key", input: "provided: sk-1234*****wxyz", want: "provided: [key]" },
  { name: "a cloud key", input: "AKIAIOSFODNN7EXAMPLE", want: "[key]" },
  { name: "a bearer token", input: "got Bearer abc.def-gh1=", want: "got Bearer [key]" },
  { name: "the target's own key", input: "<very-secret-key>", want: "<[key]>" },
  {
    name: "an organisation",
    input: "in organization org-AbC123dEf456",
    want: "in organization [id]",
  },
  { name: "an account", input: "acct_1a2b3c4d5e", want: "[id]" },
  {
    name: "an organisation's UUID",
    input: "organization id: 01234567-89ab-cdef-0123-456789abcdef, request 01234567-89ab",
    want: "organization id: [id], request 01234567-89ab",
  },
  {
    name: "an account in an ARN",
    input: "arn:aws:bedrock:us-east-1:123456789012:model/x",
    want: "arn:aws:bedrock:us-east-1:[id]:model/x",
  },
  {
    name: "an e-mail address",
    input: "ask jo.doe+x@mail.example.org now",
    want: "ask [email] now",
  },
  {
    name: "a URL's query",
    input: "see https://x.test/a?key=1#b (now)",
    want: "see https://x.test/a (now)",
  },
  { name: "a URL's password", input: "https://me:pw@x.test/a", want: "https://x.test/a" },
];

for (const { name, input, want } of CASES) {
  Deno.test(`scrub() takes out ${name}`, () => {
    assertEquals(scrub(input, ["very-secret-key"]), want);
  });
}

const KEPT = [
  "Unsupported parameter: 'user_location'",
  "messages.0.content.1.image.source.base64: image exceeds 5 MB maximum",
  "task-oriented: ask for less",
  "Bearer authentication is required, Basic authentication is not",
  "Unknown tool call id call_abc123def456",
  "prompt is too long: 210000 tokens > 200000 maximum",
];

for (const text of KEPT) {
  Deno.test(`scrub() keeps "${text}"`, () => {
    assertEquals(scrub(text, [""]), text);
  });
}

Deno.test("scrubSecrets() keeps what only the operator sees", () => {
  assertEquals(
    scrubSecrets("org-AbC123dEf456 used sk-abcdefgh1234"),
    "org-AbC123dEf456 used [key]",
  );
});

Deno.test("scrub() takes a long text of nothing but beginnings in its stride", () => {
  for (const unit of ["http://", "https://a@", "sk-", "Bearer ", "a@a.", "org-", "account id: "]) {
    const start = performance.now();
    scrub(unit.repeat(200_000 / unit.length));
    const time = performance.now() - start;
    assert(time < 5_000, `${unit}: ${time} ms`);
  }
});

Deno.test("scrub() and scrubSecrets() take out credentials that are good for a short time", () => {
  hideTemporarily(["IQoJb3JpZ2luX2VjEXAMPLE"]);
  const text = "x-amz-security-token:IQoJb3JpZ2luX2VjEXAMPLE";
  assertEquals(scrub(text), "x-amz-security-token:[key]");
  assertEquals(scrubSecrets(text), "x-amz-security-token:[key]");
});
