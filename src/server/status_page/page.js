import { bars, Hour, meanFirstEvent, total } from "./charts.js";
import { count, duration, element, plural, timeOfDay, write } from "./elements.js";
import { watch } from "./live.js";
import { Requests } from "./requests.js";
import { showTargets } from "./targets.js";

const KEY = "switchyard-key";
const LINKS = { locked: "Needs a key", live: "Live", lost: "Connection lost; trying again" };

const place = (id) => document.getElementById(id);

const requests = new Requests({
  rows: place("rows"),
  table: place("table"),
  none: place("none"),
  more: place("more"),
});
let hour = new Hour();
let present = { targets: [] };

const FIGURES = [
  {
    name: "Requests a minute",
    value: (minutes) => (total(minutes.slice(-5)).requests / 5).toFixed(1).replace(/\.0$/, ""),
    note: (sum) => [
      ["one", plural(sum.requests, "request")],
      ...sum.errors > 0 ? [["bad", plural(sum.errors, "error")]] : [],
    ],
    heights: ({ requests, errors }) => [requests - errors, errors],
    classes: ["one", "bad"],
    hint: "mean of five minutes",
  },
  {
    name: "First event",
    value: (minutes) => duration(meanFirstEvent(total(minutes.slice(-5)))),
    note: (sum) => [
      ["two", sum.first_events > 0 ? `slowest ${duration(sum.slowest_ms)}` : "no stream yet"],
    ],
    heights: (minute) => [meanFirstEvent(minute) ?? 0],
    classes: ["two"],
    hint: "mean of five minutes",
  },
  {
    name: "Tokens",
    value: (_, sum) => count(sum.input_tokens + sum.output_tokens),
    note: (sum) => [
      ["two", `${count(sum.input_tokens)} in, ${count(sum.cached_tokens)} cached`],
      ["one", `${count(sum.output_tokens)} out`],
    ],
    heights: ({ input_tokens, output_tokens }) => [output_tokens, input_tokens],
    classes: ["one", "two"],
    hint: "of the hour",
  },
];

const openFigure = newFigure("Open streams", "right now");
const figures = FIGURES.map(({ name, hint }) => newFigure(name, hint));
place("figures").append(openFigure.box, ...figures.map(({ box }) => box));

function newFigure(name, hint) {
  const value = element("strong");
  const chart = element("div");
  const note = element("p", { class: "quiet" });
  const head = element("p", { class: "name" }, name, " ", element("span", {}, hint));
  return { value, note, chart, box: element("div", { class: "figure" }, head, value, chart, note) };
}

function showFigures() {
  const minutes = hour.of();
  const sum = total(minutes);
  const threads = present.workers.length;
  write(openFigure.value, count(present.open_requests));
  write(openFigure.note, threads > 1 ? `in ${threads} threads` : "");
  for (const [at, { name, value, note, heights, classes }] of FIGURES.entries()) {
    const figure = figures[at];
    const drawn = JSON.stringify(minutes);
    write(figure.value, value(minutes, sum));
    if (figure.drawn === drawn) continue;
    figure.drawn = drawn;
    const notes = note(sum);
    figure.note.replaceChildren(
      ...notes.map(([colour, words]) => element("span", { class: `swatch ${colour}` }, words)),
    );
    const words = notes.map(([, one]) => one).join(", ");
    const label = `${name}, minute by minute in the last hour: ${words}`;
    figure.chart.replaceChildren(bars(minutes, heights, classes, label), axis());
  }
}

function axis() {
  const ends = ["60 min ago", "now"].map((text) => element("span", {}, text));
  return element("div", { class: "axis", "aria-hidden": "true" }, ...ends);
}

function showConfig() {
  const { generation, hash, loaded_at, error } = present.config;
  const when = timeOfDay(Date.parse(loaded_at));
  write(place("config"), `Config generation ${generation} · ${hash} · since ${when}`);
  place("refused").hidden = error === null;
  write(place("refused-live"), `Generation ${generation} stays live, as if nothing had happened.`);
  write(place("refused-error"), error ?? "");
}

function show() {
  write(place("version"), present.version);
  showConfig();
  showFigures();
  showTargets(place("targets"), present.targets, hour, copyVariables);
  place("content").hidden = false;
}

/** What a screen reader is told: what changes seldom and matters. */
function newsBetween(before, after) {
  if (before.config === undefined) return "";
  if (after.config.error !== null && after.config.error !== before.config.error) {
    return "The config file was refused";
  }
  if (after.config.generation !== before.config.generation) {
    return `Config generation ${after.config.generation} is live`;
  }
  const known = new Map(before.targets.map(({ name, breaker }) => [name, breaker]));
  const changed = after.targets.filter(({ name, breaker }) =>
    known.has(name) && known.get(name) !== breaker
  );
  return changed.map(({ name, breaker }) =>
    breaker === "closed" ? `${name} works again` : `${name} is put aside`
  ).join(", ");
}

function receive(name, { requests: ended, minutes, ...news }) {
  if (name === "state") {
    requests.clear();
    hour = new Hour();
  }
  const next = { ...present, ...news };
  const words = newsBetween(present, next);
  if (words !== "") write(place("news"), words);
  present = next;
  hour.add(minutes);
  requests.add(ended);
  show();
}

function showLink(state) {
  place("link").dataset.state = state;
  write(place("link-text"), LINKS[state]);
  if (state === "lost") write(place("news"), "Connection lost");
}

/** Shows the form until a key is given. */
function askForKey() {
  const form = place("key-form");
  const wasWrong = sessionStorage.getItem(KEY) !== null;
  sessionStorage.removeItem(KEY);
  place("content").hidden = true;
  form.hidden = false;
  write(place("key-wrong"), wasWrong ? "The gateway does not know this key." : "");
  place("key").focus();
  return new Promise((resolve) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      sessionStorage.setItem(KEY, place("key").value.trim());
      place("key").value = "";
      form.hidden = true;
      resolve();
    }, { once: true });
  });
}

/** Copies a target's variables for a shell; what there is to say of it. */
async function copyVariables(name) {
  const { claude_code } = present.targets.find((target) => target.name === name);
  const variables = {
    ...claude_code,
    // As this page reached it, which may be by a proxy that speaks TLS.
    ANTHROPIC_BASE_URL: `${location.origin}/${name}`,
    ANTHROPIC_AUTH_TOKEN: sessionStorage.getItem(KEY) ?? claude_code.ANTHROPIC_AUTH_TOKEN,
  };
  const lines = Object.entries(variables).map(([variable, value]) =>
    `export ${variable}='${value.replaceAll("'", `'\\''`)}'\n`
  );
  try {
    await navigator.clipboard.writeText(lines.join(""));
    return "Copied";
  } catch {
    return "The browser did not let it be copied";
  }
}

// Minutes pass without news, too.
setInterval(() => {
  if (present.config) show();
}, 15_000);

void watch({
  key: () => sessionStorage.getItem(KEY) ?? "",
  event: receive,
  state: showLink,
  refused: askForKey,
});
