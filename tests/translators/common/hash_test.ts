import { assertEquals } from "@std/assert";
import { sha256Hex, shortHash } from "../../../src/translators/common/hash.ts";

const CASES: { name: string; input: string; want: string }[] = [
  {
    name: "of nothing",
    input: "",
    want: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  },
  {
    name: "of one block",
    input: "abc",
    want: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  },
  {
    name: "of the standard's two-block message",
    input: "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    want: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  },
];

for (const { name, input, want } of CASES) {
  Deno.test(`sha256Hex() is right ${name}`, () => {
    assertEquals(sha256Hex(input), want);
  });
}

Deno.test("sha256Hex() agrees with WebCrypto at every padding and in every script", async () => {
  for (let length = 0; length < 200; length++) {
    const text = `é€😀${"x".repeat(length)}`;
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    assertEquals(sha256Hex(text), new Uint8Array(digest).toHex());
  }
});

Deno.test("shortHash() is the beginning of the hash", () => {
  assertEquals(shortHash("abc"), "ba7816bf");
  assertEquals(shortHash("abc", 12), "ba7816bf8f01");
});
