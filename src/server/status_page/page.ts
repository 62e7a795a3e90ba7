import charts from "./charts.js" with { type: "text" };
import elements from "./elements.js" with { type: "text" };
import live from "./live.js" with { type: "text" };
import page from "./page.js" with { type: "text" };
import markup from "./page.html" with { type: "text" };
import requests from "./requests.js" with { type: "text" };
import style from "./style.css" with { type: "text" };
import targets from "./targets.js" with { type: "text" };

/** Each may use those before it. */
const SCRIPTS = [elements, charts, targets, requests, live, page];

let built: Promise<Built> | undefined;

interface Built {
  readonly html: string;
  readonly policy: string;
}

/** `GET /`: one page, the same for everybody; it asks `GET /api/events` for all that it shows. */
export async function statusPage(): Promise<Response> {
  const { html, policy } = await (built ??= build());
  return new Response(html, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      "content-security-policy": policy,
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "permissions-policy": "camera=(), geolocation=(), microphone=()",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    },
  });
}

async function build(): Promise<Built> {
  const script = `"use strict";\n${SCRIPTS.map(withoutModules).join("\n")}`;
  const policy = [
    "default-src 'none'",
    `script-src '${await hashOf(script)}'`,
    `style-src '${await hashOf(style)}'`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  // By functions: in a text, `$&` and its like would mean something.
  const html = markup
    .replace("<style></style>", () => `<style>${style}</style>`)
    .replace("<script></script>", () => `<script>${script}</script>`);
  return { html, policy: policy.join("; ") };
}

/** A script that shares its scope with the others: one page has no modules to import. */
function withoutModules(script: string): string {
  return script.replaceAll(/^import [^;]*;\n/gm, "").replaceAll(/^export /gm, "");
}

async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `sha256-${new Uint8Array(digest).toBase64()}`;
}
