import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseDuration, parseSize } from "../../src/config/units.ts";

const DURATIONS: { text: string; want: number | undefined }[] = [
  { text: "250ms", want: 250 },
  { text: "10s", want: 10_000 },
  { text: "5m", want: 300_000 },
  { text: "1h", want: 3_600_000 },
  { text: "1.5s", want: 1500 },
  { text: "0s", want: 0 },
  { text: "10", want: undefined },
  { text: "10S", want: undefined },
  { text: "10 s", want: undefined },
  { text: "-1s", want: undefined },
  { text: "1d", want: undefined },
  { text: "", want: undefined },
  { text: "s", want: undefined },
];

for (const { text, want } of DURATIONS) {
  Deno.test(`parseDuration() of '${text}' is ${want}`, () => {
    assertEquals(parseDuration(text), want);
  });
}

const SIZES: { size: string | number; want: number | undefined }[] = [
  { size: "32MiB", want: 33_554_432 },
  { size: "500KB", want: 500_000 },
  { size: "500 KB", want: 500_000 },
  { size: "1KiB", want: 1024 },
  { size: "2GB", want: 2_000_000_000 },
  { size: "1GiB", want: 1_073_741_824 },
  { size: "7B", want: 7 },
  { size: "1.5mib", want: 1_572_864 },
  { size: "1024", want: 1024 },
  { size: 1024, want: 1024 },
  { size: "MiB", want: undefined },
  { size: "-1MiB", want: undefined },
  { size: -1, want: undefined },
  { size: "1TB", want: undefined },
  { size: "1M", want: undefined },
];

for (const { size, want } of SIZES) {
  Deno.test(`parseSize() of ${JSON.stringify(size)} is ${want}`, () => {
    assertEquals(parseSize(size), want);
  });
}

Deno.test("parseDuration() reads back every whole number of every unit", () => {
  const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  fc.assert(fc.property(fc.nat(), fc.constantFrom(...Object.entries(units)), (amount, unit) => {
    const [name, factor] = unit;
    assertEquals(parseDuration(`${amount}${name}`), amount * factor);
  }));
});
