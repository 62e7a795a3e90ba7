/**
 * Compiles a glob into a matcher: `*` stands for any text, `?` for one character, the rest for
 * itself, without regard to case.
 *
 * No regular expression, because model names come from clients: time grows with the name's length
 * times the pattern's, whatever the name.
 */
export function compileGlob(pattern: string): (text: string) => boolean {
  const glob = pattern.toLowerCase().replace(/\*+/g, "*");
  if (!/[*?]/.test(glob)) return (text) => text.toLowerCase() === glob;
  return (text) => matches(glob, text.toLowerCase());
}

/** Compiles several globs into a matcher of which one is enough. */
export function compileGlobs(patterns: readonly string[]): (text: string) => boolean {
  const matchers = patterns.map(compileGlob);
  return (text) => matchers.some((matcher) => matcher(text));
}

/** Walks both strings once; a mismatch falls back to the latest `*` only, which is enough. */
function matches(glob: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let position = 0; position < text.length;) {
    if (glob[at] === "*") {
      star = at++;
      resume = position;
    } else if (glob[at] === "?" || glob[at] === text[position]) {
      at++;
      position++;
    } else if (star >= 0) {
      at = star + 1;
      position = ++resume;
    } else {
      return false;
    }
  }
  while (glob[at] === "*") at++;
  return at === glob.length;
}
