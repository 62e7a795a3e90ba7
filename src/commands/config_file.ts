import { findConfigFile, type FindContext } from "../config/find.ts";

/** The config file to use, or what to tell the user if there is none. */
export function locateConfig(
  option: string | undefined,
  context?: FindContext,
): { readonly file: string } | { readonly file: undefined; readonly message: string } {
  const found = findConfigFile(option, context);
  if (found.file !== undefined) return found;
  const places = found.looked.map((place) => `  ${place}`).join("\n");
  const message = `No config file found. Looked for:\n${places}\n` +
    "Run 'switchyard init' to write a commented example, 'switchyard serve --demo' to try it " +
    "without one, or name one with '--config'.";
  return { file: undefined, message };
}

/** `3 targets`, `1 problem`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
