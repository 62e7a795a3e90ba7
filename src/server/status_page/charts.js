import { drawing } from "./elements.js";

const MINUTES = 60;
const HEIGHT = 32;

/** What an hour holds that nothing happened in. */
const NOTHING = {
  requests: 0,
  errors: 0,
  first_event_ms: 0,
  first_events: 0,
  slowest_ms: 0,
  input_tokens: 0,
  cached_tokens: 0,
  output_tokens: 0,
};

/** Keeps the counts of each minute of each target, for the last hour. */
export class Hour {
  #minutes = new Map();

  /** Takes in minutes as the gateway tells them: whole counts, which replace the ones before. */
  add(minutes) {
    for (const minute of minutes) this.#minutes.set(`${minute.minute} ${minute.target}`, minute);
    const oldest = this.#now() - MINUTES;
    for (const [id, { minute }] of this.#minutes) {
      if (minute <= oldest) this.#minutes.delete(id);
    }
  }

  /** 60 sums, oldest first, of one target or of all. */
  of(target) {
    const sums = Array.from({ length: MINUTES }, () => ({ ...NOTHING }));
    const first = this.#now() - MINUTES + 1;
    for (const minute of this.#minutes.values()) {
      if (target !== undefined && minute.target !== target) continue;
      const sum = sums[minute.minute - first];
      if (sum) addTo(sum, minute);
    }
    return sums;
  }

  /** The minute that runs, by the clock that is ahead: this machine's or the gateway's. */
  #now() {
    let now = Math.floor(Date.now() / 60_000);
    for (const { minute } of this.#minutes.values()) now = Math.max(now, minute);
    return now;
  }
}

/** The sum of some minutes. */
export function total(minutes) {
  const sum = { ...NOTHING };
  for (const minute of minutes) addTo(sum, minute);
  return sum;
}

/** The mean delay until the first event; null without any. */
export function meanFirstEvent({ first_event_ms, first_events }) {
  return first_events === 0 ? null : first_event_ms / first_events;
}

function addTo(sum, minute) {
  for (const name of Object.keys(NOTHING)) {
    if (name !== "slowest_ms") sum[name] += minute[name];
  }
  sum.slowest_ms = Math.max(sum.slowest_ms, minute.slowest_ms);
}

/**
 * An hour as bars, one for each minute. Each bar is a list of heights that stand on one another, with
 * the class names of their colours; null leaves the minute empty.
 */
export function bars(minutes, heightsOf, classes, words) {
  const columns = minutes.map(heightsOf);
  const top = Math.max(1, ...columns.map((heights) => heights.reduce((sum, one) => sum + one, 0)));
  const chart = drawing("svg", {
    viewBox: `0 0 ${MINUTES * 4} ${HEIGHT}`,
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": words,
    class: "chart",
  });
  chart.append(drawing("path", { class: "ground", d: `M0 ${HEIGHT - .5}H${MINUTES * 4}` }));
  // One path a colour: 60 elements less for each chart that is drawn anew.
  for (const [at, name] of classes.entries()) {
    const path = columns.map((heights, x) => {
      const from = heights.slice(0, at).reduce((sum, one) => sum + one, 0);
      return bar(x, from / top, (heights[at] ?? 0) / top);
    }).join("");
    if (path !== "") chart.append(drawing("path", { class: name, d: path }));
  }
  return chart;
}

/** A bar that can be seen, however little it stands for. */
function bar(x, from, height) {
  if (height <= 0) return "";
  const bottom = HEIGHT - from * (HEIGHT - 1);
  const size = Math.max(height * (HEIGHT - 1), from === 0 ? 1.5 : .5);
  return `M${x * 4 + .5} ${bottom.toFixed(2)}v${(-size).toFixed(2)}h3v${size.toFixed(2)}z`;
}
