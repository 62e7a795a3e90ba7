import { assertEquals, assertThrows } from "@std/assert";
import { HttpSyntaxError, parseHead } from "../../../src/upstream/http1/head.ts";

function parse(text: string): ReturnType<typeof parseHead> {
  return parseHead(Uint8Array.from(text, (character) => character.charCodeAt(0)));
}

const BODIES: { head: string; body: "chunked" | "until_close" | number; keepAlive: boolean }[] = [
  { head: "HTTP/1.1 200 OK\r\ncontent-length: 12", body: 12, keepAlive: true },
  {
    head: "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Length: 12",
    body: 12,
    keepAlive: true,
  },
  { head: "HTTP/1.1 200\r\ntransfer-encoding: chunked", body: "chunked", keepAlive: true },
  { head: "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked", body: "chunked", keepAlive: true },
  {
    head: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 5",
    body: "chunked",
    keepAlive: false,
  },
  { head: "HTTP/1.1 200 OK", body: "until_close", keepAlive: false },
  { head: "HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: close", body: 1, keepAlive: false },
  {
    head: "HTTP/1.1 200 OK\r\ncontent-length: 1\r\nConnection: x, Close",
    body: 1,
    keepAlive: false,
  },
  { head: "HTTP/1.0 200 OK\r\ncontent-length: 1", body: 1, keepAlive: false },
  {
    head: "HTTP/1.0 200 OK\r\ncontent-length: 1\r\nconnection: keep-alive",
    body: 1,
    keepAlive: true,
  },
  { head: "HTTP/1.1 204 No Content", body: 0, keepAlive: true },
  { head: "HTTP/1.1 304 Not Modified\r\ncontent-length: 9", body: 0, keepAlive: true },
  { head: "HTTP/1.1 100 Continue", body: 0, keepAlive: true },
  { head: "HTTP/1.1 200 OK\ncontent-length: 3", body: 3, keepAlive: true },
  { head: "\r\nHTTP/1.1 200 OK\r\ncontent-length: 3", body: 3, keepAlive: true },
];

for (const { head, body, keepAlive } of BODIES) {
  Deno.test(`parseHead() finds where the body ends after ${JSON.stringify(head)}`, () => {
    const parsed = parse(`${head}\r\n\r\n`);
    assertEquals([parsed.body, parsed.keepAlive], [body, keepAlive]);
  });
}

Deno.test("parseHead() reads status and headers, odd ones too", () => {
  const { status, headers } = parse(
    "HTTP/1.1 429 Too many\r\nX-Odd_1!: a: b\t \r\nX-Twice: 1\r\nx-twice:2\r\nx-empty:\r\n" +
      "x-high: \x80\xe9\r\n\r\n",
  );
  assertEquals(status, 429);
  assertEquals([...headers], [
    ["x-empty", ""],
    ["x-high", "?\xe9"],
    ["x-odd_1!", "a: b"],
    ["x-twice", "1, 2"],
  ]);
});

const BROKEN: { head: string; says: string }[] = [
  { head: "SSH-2.0-OpenSSH_9.7", says: "no status line" },
  { head: "HTTP/2 200 OK", says: "no status line" },
  { head: "HTTP/1.1 20 OK", says: "no status line" },
  { head: "HTTP/1.1 101 Switching Protocols\r\nupgrade: x", says: "an upgrade" },
  { head: "HTTP/1.1 000 OK", says: "no status line" },
  { head: "", says: "no status line" },
  { head: "HTTP/1.1 200 OK\r\nhello there", says: "a line that is no header" },
  { head: "HTTP/1.1 200 OK\r\n: x", says: "a line that is no header" },
  { head: "HTTP/1.1 200 OK\r\na b: x", says: "a line that is no header" },
  { head: "HTTP/1.1 200 OK\r\nx: a\r\n folded", says: "a line that is no header" },
  { head: "HTTP/1.1 200 OK\r\nx: a\rb: c", says: "a line that is no header" },
  { head: "HTTP/1.1 200 O\0K", says: "no status line" },
  { head: "HTTP/1.1 200 OK\r\r\nx: a", says: "no status line" },
  { head: "HTTP/1.1 200 OK\r\nx: a\x7fb", says: "a line that is no header" },
  { head: "HTTP/1.1 200 OK\r\nx: a\0b", says: "a line that is no header" },
  { head: `HTTP/1.1 200 OK${"\r\na: b".repeat(300)}`, says: "too many headers" },
  { head: "HTTP/1.1 200 OK\r\ncontent-length: -1", says: "no valid content-length" },
  { head: "HTTP/1.1 200 OK\r\ncontent-length: 0x10", says: "no valid content-length" },
  { head: "HTTP/1.1 200 OK\r\ncontent-length:", says: "no valid content-length" },
  {
    head: "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2",
    says: "no valid content-length",
  },
  {
    head: "HTTP/1.1 200 OK\r\ncontent-length: 9999999999999999",
    says: "no valid content-length",
  },
  { head: "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked", says: "unknown transfer coding" },
  { head: "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked", says: "unknown transfer coding" },
  { head: "HTTP/1.1 200 OK\r\ntransfer-encoding: xchunked", says: "unknown transfer coding" },
];

for (const { head, says } of BROKEN) {
  Deno.test(`parseHead() refuses ${JSON.stringify(head).slice(0, 60)}`, () => {
    assertThrows(() => parse(`${head}\r\n\r\n`), HttpSyntaxError, says);
  });
}
