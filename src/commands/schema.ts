import { configJsonSchema } from "../config/json_schema.ts";
import type { CommandIo } from "./io.ts";

/** Prints the JSON Schema of the config file; the exit code. */
export function schema(io: CommandIo): number {
  io.out(JSON.stringify(configJsonSchema(), null, 2));
  return 0;
}
