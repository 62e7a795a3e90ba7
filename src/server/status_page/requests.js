import { count, duration, element, plural, timeOfDay } from "./elements.js";

/** Requests that are kept, and those that are shown until more are asked for. */
const KEPT = 200;
const SHOWN = 25;

const LABELS = [
  "Time",
  "Target",
  "Model",
  "Status",
  "First event",
  "Duration",
  "In",
  "Cached",
  "Out",
  "Dropped",
];

/** What an empty cell holds. */
const NONE = "–";

/** The list of requests that ended, newest first. */
export class Requests {
  #known = new Set();
  #isLong = false;

  constructor({ rows, table, none, more }) {
    Object.assign(this, { rows, table, none, more });
    more.addEventListener("click", () => {
      this.#isLong = !this.#isLong;
      this.#trim();
    });
  }

  /** Forgets all. */
  clear() {
    this.#known.clear();
    this.rows.replaceChildren();
    this.#trim();
  }

  /** Adds requests, oldest first. */
  add(requests) {
    for (const request of requests) {
      if (this.#known.has(request.id)) continue;
      this.#known.add(request.id);
      this.rows.prepend(rowOf(request));
    }
    this.#trim();
  }

  #trim() {
    const { rows } = this;
    while (rows.children.length > KEPT) {
      this.#known.delete(rows.lastElementChild.dataset.id);
      rows.lastElementChild.remove();
    }
    const { length } = rows.children;
    for (const [at, row] of [...rows.children].entries()) {
      row.hidden = !this.#isLong && at >= SHOWN;
    }
    this.table.hidden = length === 0;
    this.none.hidden = length > 0;
    this.more.hidden = length <= SHOWN;
    this.more.textContent = this.#isLong ? `Show the last ${SHOWN}` : `Show all ${length}`;
    this.more.setAttribute("aria-expanded", String(this.#isLong));
  }
}

function rowOf(request) {
  const { tokens } = request;
  const input = tokens && tokens.input + tokens.cache_read + tokens.cache_creation;
  const time = element("time", { datetime: new Date(request.ended_at).toISOString() });
  time.textContent = timeOfDay(request.ended_at);
  const cells = [
    time,
    request.target ?? NONE,
    request.model ?? NONE,
    statusOf(request),
    duration(request.first_event_ms),
    duration(request.duration_ms),
    tokens ? count(input) : NONE,
    tokens ? `${count(tokens.cache_read)}${shareOf(tokens.cache_read, input)}` : NONE,
    tokens ? count(tokens.output) : NONE,
    droppedOf(request.dropped),
  ];
  const row = element("tr", { role: "row", "data-id": request.id });
  for (const [at, content] of cells.entries()) {
    const attributes = { role: "cell", "data-label": LABELS[at] };
    const classes = [at >= 4 && at <= 8 ? "number" : "", content === NONE ? "none" : ""];
    if (classes.join("") !== "") attributes.class = classes.join(" ").trim();
    row.append(element("td", attributes, content));
  }
  return row;
}

function statusOf({ status, error, stream, id }) {
  const kind = error ? "bad" : "good";
  const what = error ? error.type : stream ? "stream" : "whole answer";
  const place = element("div", { class: `status ${kind}`, title: id });
  place.append(element("b", {}, String(status)), " ", element("span", {}, what));
  if (error) place.append(element("p", { class: "quiet" }, error.message));
  return place;
}

function droppedOf(dropped) {
  if (dropped.length === 0) return NONE;
  const list = element("ul", {}, ...dropped.map((one) => element("li", {}, one)));
  return element("details", {}, element("summary", {}, plural(dropped.length, "part")), list);
}

function shareOf(part, whole) {
  return part > 0 && whole > 0 ? ` (${Math.round(100 * part / whole)}%)` : "";
}
