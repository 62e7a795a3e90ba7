/** Where `${…}` takes its values from. */
export interface Sources {
  /** Value of an environment variable; undefined if it is not set. */
  readonly env: (name: string) => string | undefined;
  /** Text of a file named in `${file:…}`; throws an Error whose message says why it cannot. */
  readonly file: (path: string) => string;
}

/** A string after substitution. */
export interface Substitution {
  readonly text: string;
  /** True if a value from outside was put in. */
  readonly changed: boolean;
  /** What could not be put in, in words. */
  readonly problems: readonly string[];
}

const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/**
 * Replaces `${VAR}`, `${VAR:-default}`, `${file:PATH}` and `$$` in one string of the YAML.
 *
 * As in a shell, the default also stands in for a variable that is empty. Any other `$` stays, and
 * values are not substituted again.
 */
export function substitute(template: string, sources: Sources): Substitution {
  const parts: string[] = [];
  const problems: string[] = [];
  let changed = false;
  let at = 0;
  for (let dollar; (dollar = template.indexOf("$", at)) >= 0;) {
    parts.push(template.slice(at, dollar), "");
    at = dollar + 1;
    if (template[at] === "{") {
      const end = template.indexOf("}", at);
      if (end < 0) {
        problems.push("'${' has no closing '}'; write '$$' for a plain '$'");
        break;
      }
      const value = lookUp(template.slice(at + 1, end), sources);
      if ("problem" in value) problems.push(value.problem);
      else parts.push(value.text);
      changed = true;
      at = end + 1;
    } else {
      parts.push("$");
      if (template[at] === "$") at++;
    }
  }
  return { text: parts.join("") + template.slice(at), changed, problems };
}

function lookUp(
  expression: string,
  sources: Sources,
): { readonly text: string } | { readonly problem: string } {
  if (expression.startsWith("file:")) return readFile(expression.slice("file:".length), sources);
  const match = VARIABLE.exec(expression);
  if (match === null) {
    return {
      problem: `'\${${expression}}' is not a variable; use '\${VAR}', '\${VAR:-default}' or ` +
        "'${file:PATH}', and '$$' for a plain '$'",
    };
  }
  const [, name = "", fallback] = match;
  const value = sources.env(name);
  if (fallback !== undefined) return { text: value || fallback };
  if (value !== undefined) return { text: value };
  return { problem: `variable '${name}' is not set; set it, or write '\${${name}:-default}'` };
}

function readFile(
  path: string,
  sources: Sources,
): { readonly text: string } | { readonly problem: string } {
  if (path.trim() === "") return { problem: "'${file:}' names no file" };
  try {
    return { text: sources.file(path.trim()).trim() };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
