/**
 * Makes an element. Texts go in as text, never as markup: names of models are of a client's choice.
 *
 * @param {string} name Of the tag.
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** The same for SVG. */
export function drawing(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** Writes a text only where it is new, so that screen readers and selections are left in peace. */
export function write(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

/** `1,234`, `12.3k`, `4.5M`. */
export function count(number) {
  if (number >= 999_500) return `${(number / 1e6).toFixed(1)}M`;
  if (number >= 10_000) return `${(number / 1e3).toFixed(1)}k`;
  return Math.round(number).toLocaleString("en");
}

/** `87 ms`, `1.24 s`, `2 min 5 s`; a dash for none. */
export function duration(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `1 request`, `2 requests`. */
export function plural(number, noun) {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** Time of day, in the viewer's zone. */
export function timeOfDay(ms) {
  return new Date(ms).toLocaleTimeString([], { hour12: false });
}
