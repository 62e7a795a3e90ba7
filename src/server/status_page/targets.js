import { bars, meanFirstEvent, total } from "./charts.js";
import { count, duration, element, plural, write } from "./elements.js";

/** Minutes that the health of a target is told by. */
const LATELY = 5;

const cards = new Map();

/** Draws each target, in the order of the file; what stays is changed in place. */
export function showTargets(list, targets, hour, copyText) {
  const names = new Set(targets.map(({ name }) => name));
  for (const [name, card] of cards) {
    if (names.has(name)) continue;
    card.item.remove();
    cards.delete(name);
  }
  for (const [at, target] of targets.entries()) {
    let card = cards.get(target.name);
    if (!card) cards.set(target.name, card = newCard(target.name, copyText));
    if (list.children[at] !== card.item) list.insertBefore(card.item, list.children[at] ?? null);
    update(card, target, hour.of(target.name));
  }
}

/** How a target is: a state that has a colour, and words. */
export function healthOf(target, minutes) {
  const { requests, errors } = total(minutes.slice(-LATELY));
  if (target.breaker === "open") return { state: "down", words: "Put aside: it keeps failing" };
  if (target.breaker === "half_open") return { state: "unsure", words: "Being tried again" };
  if (errors > 0 && errors === requests) return { state: "down", words: "Failing" };
  if (errors > 0) return { state: "unsure", words: `${plural(errors, "error")} lately` };
  if (target.keys.total > 0 && target.keys.resting === target.keys.total) {
    return { state: "unsure", words: "All keys rest" };
  }
  return requests > 0 ? { state: "well", words: "Well" } : { state: "idle", words: "Idle" };
}

function newCard(name, copyText) {
  const card = {
    lamp: element("span", { class: "lamp" }),
    model: element("p", { class: "model" }),
    mode: element("p", { class: "quiet" }),
    chart: element("div"),
    facts: element("dl", { class: "facts" }),
    button: element("button", { type: "button", class: "copy" }, "Copy variables"),
    done: element("span", { class: "quiet", role: "status" }),
    by: new Map(),
    drawn: "",
  };
  card.button.setAttribute("aria-label", `Copy the Claude Code variables of ${name}`);
  card.button.addEventListener("click", async () => {
    write(card.done, await copyText(name));
    setTimeout(() => write(card.done, ""), 4000);
  });
  card.item = element(
    "li",
    { class: "panel target", "data-target": name },
    element("div", { class: "title" }, element("h3", {}, name), card.lamp),
    card.model,
    card.mode,
    card.chart,
    card.facts,
    element("div", { class: "foot" }, card.button, card.done),
  );
  return card;
}

function update(card, target, minutes) {
  const { state, words } = healthOf(target, minutes);
  card.lamp.dataset.state = state;
  write(card.lamp, words);
  write(card.model, target.model ?? "any model");
  write(card.mode, `${target.api_mode} · ${target.provider}`);
  const sum = total(minutes);
  const drawn = JSON.stringify(minutes);
  if (drawn !== card.drawn) {
    card.drawn = drawn;
    const text = `Requests a minute in the last hour: ${plural(sum.requests, "request")}, ` +
      plural(sum.errors, "error");
    card.chart.replaceChildren(
      bars(minutes, ({ requests, errors }) => [requests - errors, errors], ["one", "bad"], text),
    );
  }
  const { total: keys, resting } = target.keys;
  showFacts(card, {
    Requests: count(sum.requests),
    "First event": duration(meanFirstEvent(sum)),
    "Tokens in": count(sum.input_tokens),
    "Tokens out": count(sum.output_tokens),
    ...(sum.errors > 0 ? { Errors: count(sum.errors) } : {}),
    ...(target.dropped > 0 ? { Dropped: plural(target.dropped, "part") } : {}),
    ...(resting > 0 ? { Keys: `${resting} of ${keys} rest` } : {}),
  });
}

function showFacts({ facts, by }, wanted) {
  for (const [name, row] of by) {
    if (name in wanted) continue;
    row.remove();
    by.delete(name);
  }
  for (const [name, value] of Object.entries(wanted)) {
    let row = by.get(name);
    if (!row) {
      row = element("div", {}, element("dt", {}, name), element("dd"));
      by.set(name, row);
      facts.append(row);
    }
    write(row.lastElementChild, value);
  }
}
