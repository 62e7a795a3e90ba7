import { parse } from "yaml";
import { isObject } from "../json.ts";

/** The names under `targets` of a config text, also of one with problems; none if it is no YAML. */
export function targetNamesOf(text: string): readonly string[] {
  try {
    const file: unknown = parse(text, { logLevel: "silent" });
    return isObject(file) && isObject(file.targets) ? Object.keys(file.targets) : [];
  } catch {
    return [];
  }
}
