import * as fc from "fast-check";

/** A way to cut bytes into the pieces they arrive in. */
export interface Chunker {
  readonly name: string;
  readonly cut: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>[];
}

/** All at once, one by one, in sevens. */
export const CHUNKERS: readonly Chunker[] = [
  { name: "whole", cut: (bytes) => [bytes] },
  { name: "byte by byte", cut: (bytes) => inPieces(bytes, 1) },
  { name: "in sevens", cut: (bytes) => inPieces(bytes, 7) },
];

/** Lengths for {@link inLengths}, as chance has it. */
export const anyLengths: fc.Arbitrary<number[]> = fc.array(fc.integer({ min: 1, max: 40 }), {
  minLength: 1,
  maxLength: 20,
});

/** Pieces of one length; the last may be shorter. */
export function inPieces(
  bytes: Uint8Array<ArrayBuffer>,
  length: number,
): Uint8Array<ArrayBuffer>[] {
  return inLengths(bytes, [length]);
}

/** Pieces of these lengths, over and over. */
export function inLengths(
  bytes: Uint8Array<ArrayBuffer>,
  lengths: readonly number[],
): Uint8Array<ArrayBuffer>[] {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1;
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}
