import { assertEquals, assertStringIncludes } from "@std/assert";
import { lacksBrowser, startBrowser } from "../support/browser.ts";
import { temporaryFolder } from "../support/config.ts";
import { RunningProgram } from "../support/server_program.ts";
import { until } from "../support/server_wait.ts";

// The browser's driver keeps timers and sockets of its own beyond a test.
const inBrowser = { ignore: lacksBrowser(), sanitizeOps: false, sanitizeResources: false };

const NASTY = `<img src=x onerror="document.title='broken'">`;

async function ask(url: string, more: Record<string, unknown> = {}): Promise<void> {
  const response = await fetch(`${url}/v1/messages`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": "key-of-one" },
    body: JSON.stringify({
      model: "claude-x",
      max_tokens: 50,
      messages: [{ role: "user", content: "Hello" }],
      ...more,
    }),
  });
  await response.text();
}

/** A program on a file, and what writes the file anew. */
async function start(yaml: string) {
  const folder = await temporaryFolder({ "proxy.yaml": yaml });
  const file = `${folder.path}/proxy.yaml`;
  const program = await RunningProgram.start("--config", file);
  return {
    url: program.url,
    write: (text: string) => Deno.writeTextFile(file, text),
    async [Symbol.asyncDispose](): Promise<void> {
      await program[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const DEAD = "api_mode: chat_completions, base_url: 'http://127.0.0.1:9/v1', model: small";
const PLAIN = `targets: { one: { ${DEAD}, max_output_tokens: 500 } }\n`;
const KEYS = "auth: { keys: [{ name: one, key: key-of-one, targets: [one] }, " +
  "{ name: two, key: key-of-two }] }\n";

Deno.test({
  ...inBrowser,
  name: "the status page shows the targets, and a streamed request as it ends",
  async fn() {
    await using demo = await RunningProgram.start("--demo");
    await using browser = await startBrowser();
    const { page } = browser;
    await page.goto(demo.url);
    await page.getByText("No request has come yet").waitFor();
    assertEquals(await page.locator("#targets h3").allTextContents(), [
      "demo-chat",
      "demo-responses",
      "demo-messages",
      "demo-bedrock",
    ]);
    assertEquals(await page.locator("#link").innerText(), "Live");
    await ask(`${demo.url}/demo-chat`, { stream: true, top_k: 3 });
    const row = page.locator("#rows tr").first();
    await row.waitFor();
    const cells = await row.locator("td").allInnerTexts();
    assertEquals([...cells.slice(1, 4), cells[9]], [
      "demo-chat",
      "claude-x",
      "200 stream",
      "1 part",
    ]);
    await row.locator("summary").click();
    await row.getByText("top_k").first().waitFor();
    const card = page.locator('[data-target="demo-chat"]');
    assertEquals(await card.locator(".lamp").innerText(), "Well");
    const chart = await card.locator("svg").getAttribute("aria-label") ?? "";
    assertStringIncludes(chart, "1 request, 0 errors");
    assertEquals(browser.complaints, []);
  },
});

Deno.test({
  ...inBrowser,
  name: "the status page shows names of a client's choice as text",
  async fn() {
    await using demo = await RunningProgram.start("--demo");
    await using browser = await startBrowser();
    const { page } = browser;
    await page.goto(demo.url);
    await ask(`${demo.url}/demo-chat`, { model: NASTY });
    await ask(`${demo.url}/${encodeURIComponent(NASTY)}`);
    await page.locator("#rows tr").nth(1).waitFor();
    const text = await page.locator("#rows").innerText();
    assertEquals(text.split(NASTY).length, 3);
    assertEquals(await page.locator("img").count(), 0);
    assertEquals(await page.title(), "Switchyard");
    assertEquals(browser.complaints, []);
  },
});

Deno.test({
  ...inBrowser,
  name: "the status page shows why a config was refused, and that it is fine again",
  async fn() {
    await using program = await start(PLAIN);
    await using browser = await startBrowser();
    const { page } = browser;
    await page.goto(program.url);
    await page.getByText("Config generation 1").waitFor();
    assertEquals(await page.locator("#refused").isVisible(), false);
    await program.write("targets: { one: { api_mode: unheard_of } }\n");
    await page.locator("#refused").waitFor();
    assertStringIncludes(await page.locator("#refused-error").innerText(), "api_mode");
    assertEquals(await page.getByRole("status").first().innerText(), "The config file was refused");
    await program.write(`${PLAIN}logging: { level: info }\n`);
    await page.getByText("Config generation 2", { exact: false }).first().waitFor();
    await page.locator("#refused").waitFor({ state: "hidden" });
    assertEquals(browser.complaints, []);
  },
});

Deno.test({
  ...inBrowser,
  name: "the status page copies what `switchyard env` prints",
  async fn() {
    await using program = await start(PLAIN);
    await using browser = await startBrowser();
    const { page } = browser;
    await page.goto(program.url);
    await page.getByRole("button", { name: "Copy the Claude Code variables of one" }).click();
    await page.getByText("Copied").waitFor();
    assertEquals(
      await page.evaluate("navigator.clipboard.readText()"),
      `export ANTHROPIC_BASE_URL='${program.url}/one'\nexport ANTHROPIC_AUTH_TOKEN='switchyard'\n` +
        "export ANTHROPIC_MODEL='small'\nexport CLAUDE_CODE_MAX_OUTPUT_TOKENS='500'\n",
    );
  },
});

Deno.test({
  ...inBrowser,
  name: "the status page asks for a key, shows what it may see and forgets it with the tab",
  async fn() {
    await using program = await start(
      `targets: { one: { ${DEAD} }, two: { ${DEAD} } }\n${KEYS}`,
    );
    await using browser = await startBrowser();
    const { page, context } = browser;
    await page.goto(program.url);
    const field = page.getByLabel("This gateway wants a client key");
    await field.waitFor();
    assertEquals(await page.locator("#content").isVisible(), false);
    assertEquals(await page.locator("#link").innerText(), "Needs a key");
    await field.fill("wrong");
    await field.press("Enter");
    await page.getByText("does not know this key").waitFor();
    await field.fill("key-of-one");
    await field.press("Enter");
    await page.locator("#targets h3").first().waitFor();
    assertEquals(await page.locator("#targets h3").allTextContents(), ["one"]);
    await page.getByRole("button", { name: "Copy the Claude Code" }).click();
    await page.getByText("Copied").waitFor();
    assertStringIncludes(
      await page.evaluate("navigator.clipboard.readText()"),
      "ANTHROPIC_AUTH_TOKEN='key-of-one'",
    );
    assertEquals(await page.evaluate("localStorage.length + document.cookie.length"), 0);
    assertEquals(page.url(), `${program.url}/`);
    const other = await context.newPage();
    await other.goto(program.url);
    await other.getByLabel("This gateway wants a client key").waitFor();
    assertEquals(browser.complaints, []);
  },
});

Deno.test({
  ...inBrowser,
  name: "the status page fits a phone, and its keys lead everywhere",
  async fn() {
    await using demo = await RunningProgram.start("--demo");
    await using browser = await startBrowser({ width: 360, height: 740 });
    const { page } = browser;
    await page.goto(demo.url);
    await ask(`${demo.url}/demo-chat`, { model: "long-name-".repeat(30), top_k: 1 });
    await page.locator("#rows tr").first().waitFor();
    assertEquals(await page.evaluate("document.documentElement.scrollWidth"), 360);
    const stops: string[] = [];
    for (let at = 0; at < 6; at++) {
      await page.keyboard.press("Tab");
      stops.push(
        await page.evaluate(
          "document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText",
        ),
      );
    }
    assertEquals(stops, [
      "Skip to recent requests",
      ...["demo-chat", "demo-responses", "demo-messages", "demo-bedrock"].map((name) =>
        `Copy the Claude Code variables of ${name}`
      ),
      "1 part",
    ]);
  },
});

Deno.test({
  ...inBrowser,
  name: "the status page says that the connection is lost, and finds the gateway again",
  async fn() {
    await using program = await start(PLAIN);
    await using browser = await startBrowser();
    const { page, context } = browser;
    await page.goto(program.url);
    const link = page.locator("#link");
    await page.getByText("Live", { exact: true }).waitFor();
    // Cut off by the browser: the stream that is open ends, and no new one comes.
    await context.route("**/api/events", (route) => route.abort());
    await program.write(`${PLAIN}${KEYS}`);
    await until(async () => await link.getAttribute("data-state") === "lost", "it is lost");
    await program.write(PLAIN);
    await context.unroute("**/api/events");
    await until(async () => await link.getAttribute("data-state") === "live", "it is live again");
  },
});
