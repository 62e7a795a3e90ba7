import { assertEquals } from "@std/assert";
import { parseSince, parseUntil } from "../../src/usage/days.ts";

const DAYS = new URL("../../src/usage/days.ts", import.meta.url);

/** What a process in that time zone makes of the words, as times of UTC. */
async function inZone(zone: string, now: string, words: readonly string[]): Promise<unknown> {
  const program = `
    const { localDay, parseSince, parseUntil } = await import(${JSON.stringify(DAYS.href)});
    const now = Date.parse("${now}");
    const iso = (time) => time === undefined ? null : new Date(time).toISOString().slice(0, 16);
    const read = (text) => [iso(parseSince(text, now)), iso(parseUntil(text, now))];
    console.log(JSON.stringify([localDay(now), ...${JSON.stringify(words)}.map(read)]));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", program],
    env: { TZ: zone },
    stdout: "piped",
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

const ZONES: { zone: string; now: string; words: string[]; want: unknown[] }[] = [
  {
    zone: "UTC",
    now: "2026-11-22T12:00:00Z",
    words: ["1d", "7d", "24h", "30m", "2026-11-15", "2026-11-15T08:00", "2026-11-15T08:00+02:00"],
    want: [
      "2026-11-22",
      ["2026-11-22T00:00", null],
      ["2026-11-16T00:00", null],
      ["2026-11-21T12:00", "2026-11-21T12:00"],
      ["2026-11-22T11:30", "2026-11-22T11:30"],
      ["2026-11-15T00:00", "2026-11-16T00:00"],
      ["2026-11-15T08:00", "2026-11-15T08:00"],
      ["2026-11-15T06:00", "2026-11-15T06:00"],
    ],
  },
  {
    zone: "Asia/Tokyo",
    now: "2026-11-22T16:00:00Z",
    words: ["1d", "2026-11-15"],
    want: ["2026-11-23", ["2026-11-22T15:00", null], ["2026-11-14T15:00", "2026-11-15T15:00"]],
  },
  {
    // The 8th of March has 23 hours there, and the 1st of November 25.
    zone: "America/New_York",
    now: "2026-03-09T12:00:00Z",
    words: ["1d", "2d", "2026-03-08", "2026-11-01"],
    want: [
      "2026-03-09",
      ["2026-03-09T04:00", null],
      ["2026-03-08T05:00", null],
      ["2026-03-08T05:00", "2026-03-09T04:00"],
      ["2026-11-01T04:00", "2026-11-02T05:00"],
    ],
  },
];

for (const { zone, now, words, want } of ZONES) {
  Deno.test({
    name: `days are those of ${zone} where TZ says so`,
    ignore: Deno.build.os === "windows",
    fn: async () => assertEquals(await inZone(zone, now, words), want),
  });
}

Deno.test("parseSince() and parseUntil() refuse what is no moment", () => {
  for (
    const text of ["", "7", "d", "7w", "-7d", "2026-02-30", "2026-13-01", "yesterday", "9999999d"]
  ) {
    assertEquals([parseSince(text, 0), parseUntil(text, 0)], [undefined, undefined], text);
  }
});
