import { type BrowserContext, chromium, type Page } from "playwright-core";
import { lacks } from "./outside_programs.ts";

const CHROMIUM = "chromium";

/** Nothing but the page: no service of the browser's maker is asked for anything. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** True for a machine without the browser that the tests drive. */
export function lacksBrowser(): boolean {
  return lacks(CHROMIUM);
}

/** A browser that knows nothing, with one page open. */
export interface Browser extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of scripts, and what the policy refused. */
  readonly complaints: readonly string[];
}

/** Starts a browser with a profile of its own. */
export async function startBrowser(
  { width = 1280, height = 900 }: { readonly width?: number; readonly height?: number } = {},
): Promise<Browser> {
  const profile = await Deno.makeTempDir({ prefix: "switchyard_test_browser_" });
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: `/usr/bin/${CHROMIUM}`,
    args: FLAGS,
    viewport: { width, height },
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("console", (message) => {
    // A request that was refused is one, too; the page answers it by asking for a key.
    if (message.type() === "error" && !message.text().includes("401")) {
      complaints.push(message.text());
    }
  });
  return {
    page,
    context,
    complaints,
    async [Symbol.asyncDispose](): Promise<void> {
      await context.close();
      await Deno.remove(profile, { recursive: true });
    },
  };
}
