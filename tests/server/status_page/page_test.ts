import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startGateway, targets } from "../../support/server_gateway.ts";

const YAML = targets({
  secret_target: ["api_mode: chat_completions", "base_url: http://127.0.0.1:9/v1"],
}) + "auth: { keys: [{ name: x, key: key-of-x }] }\n";

async function load(): Promise<{ html: string; headers: Headers }> {
  await using gateway = await startGateway(YAML);
  const response = await gateway.get("/");
  assertEquals(response.status, 200);
  return { html: await response.text(), headers: response.headers };
}

/** The source that a policy allows for a text. */
async function sourceOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `'sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}'`;
}

/** The texts of all elements of a name. */
function contents(html: string, name: string): string[] {
  return [...html.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, "gs"))].map(([, text]) =>
    text ?? ""
  );
}

Deno.test("GET / is a page that needs no key and tells nothing", async () => {
  const { html, headers } = await load();
  assertEquals(headers.get("content-type"), "text/html; charset=utf-8");
  assertStringIncludes(html, "<title>Switchyard</title>");
  for (const secret of ["secret_target", "key-of-x", "127.0.0.1"]) {
    assertEquals(html.includes(secret), false, secret);
  }
});

Deno.test("the page's policy allows its own script and style and nothing else", async () => {
  const { html, headers } = await load();
  const [script = "", ...scripts] = contents(html, "script");
  const [style = "", ...styles] = contents(html, "style");
  assertEquals([scripts, styles], [[], []]);
  assertEquals(headers.get("content-security-policy")?.split("; "), [
    "default-src 'none'",
    `script-src ${await sourceOf(script)}`,
    `style-src ${await sourceOf(style)}`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]);
  assertEquals(headers.get("x-content-type-options"), "nosniff");
  assertEquals(headers.get("referrer-policy"), "no-referrer");
});

Deno.test("the page loads nothing from elsewhere and has one scope for its scripts", async () => {
  const { html } = await load();
  const [script = ""] = contents(html, "script");
  const places = html.match(/\b(?:https?:)?\/\/[\w.-]+/g)?.filter((place) =>
    place !== "http://www.w3.org"
  );
  assertEquals(places ?? [], []);
  assertEquals(/^(?:import|export)\b/m.test(script), false);
  for (
    const unsafe of ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("]
  ) {
    assertEquals(script.includes(unsafe), false, unsafe);
  }
  assert(new Function(script) instanceof Function);
});
