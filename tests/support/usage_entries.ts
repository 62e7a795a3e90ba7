import type { UsageEntry } from "../../src/usage/entry.ts";

/** A line of the usage file, by what matters to a test. */
export function usageLine(entry: Partial<UsageEntry> = {}): string {
  const whole: UsageEntry = {
    time: "2026-11-22T12:00:00.000Z",
    request_id: "req_1",
    target: "chat",
    model: "m",
    status: 200,
    stream: true,
    input_tokens: 0,
    output_tokens: 0,
    cache_read_tokens: 0,
    cache_creation_tokens: 0,
    duration_ms: 5,
    ...entry,
  };
  return JSON.stringify(whole) + "\n";
}
