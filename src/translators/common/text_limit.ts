const encoder = new TextEncoder();

/**
 * The longest beginning of the text whose UTF-8 form has at most `maxBytes`, ended with `…` if
 * anything was cut; never ends inside a character.
 */
export function limitBytes(text: string, maxBytes: number): string {
  // A UTF-16 unit takes at most three bytes, so that short texts need no counting.
  if (text.length * 3 <= maxBytes) return text;
  const buffer = new Uint8Array(maxBytes);
  if (encoder.encodeInto(text, buffer).read === text.length) return text;
  const { read } = encoder.encodeInto(text, buffer.subarray(0, Math.max(0, maxBytes - 3)));
  return `${text.slice(0, read)}…`;
}
