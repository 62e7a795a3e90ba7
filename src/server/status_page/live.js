/** Pauses before the gateway is asked again. */
const PAUSES_MS = [500, 1000, 2000, 5000];

/** A refusal of the key, or of a request without one. */
class KeyRefused extends Error {}

/**
 * Reads events until the page closes; connects again whenever the stream ends. `EventSource` cannot
 * send a key as a header, hence `fetch`.
 *
 * @param {{ key: () => string, event: (name: string, data: object) => void,
 *   state: (state: "locked" | "live" | "lost") => void, refused: () => Promise<void> }} page
 */
export async function watch(page) {
  for (let failures = 0;; failures++) {
    try {
      await read(page, () => failures = 0);
    } catch (error) {
      if (error instanceof KeyRefused) {
        page.state("locked");
        await page.refused();
        continue;
      }
    }
    page.state("lost");
    const pause = PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)];
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

async function read(page, onEvent) {
  const key = page.key();
  const headers = key === "" ? {} : { "x-api-key": key };
  const response = await fetch("api/events", { headers, cache: "no-store" });
  if (response.status === 401) throw new KeyRefused();
  if (!response.ok) throw new Error(`status ${response.status}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const frame = text.slice(0, end);
      text = text.slice(end + 2);
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/s.exec(frame) ?? [];
      if (name === undefined) continue;
      page.event(name, JSON.parse(data));
      page.state("live");
      onEvent();
    }
  }
}
