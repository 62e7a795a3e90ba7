/** Round constants of SHA-256: fractions of the cube roots of the first 64 primes. */
const ROUND = cubeRootFractions(64);

/** Initial state of SHA-256 (FIPS 180-4, section 5.3.3). */
const INITIAL = [
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
] as const;

const encoder = new TextEncoder();
const schedule = new Int32Array(64);

/**
 * SHA-256 of the text's UTF-8 bytes, as 64 hex digits.
 *
 * Synchronous, which WebCrypto is not; `node:crypto` is, but costs 25 ms to load (Deno 2.9.6).
 *
 * @see {@link https://csrc.nist.gov/pubs/fips/180-4/upd1/final}
 */
export function sha256Hex(text: string): string {
  const bytes = padded(encoder.encode(text));
  const view = new DataView(bytes.buffer);
  const state = Int32Array.from(INITIAL);
  for (let offset = 0; offset < bytes.length; offset += 64) compress(state, view, offset);
  let hex = "";
  for (const word of state) hex += (word >>> 0).toString(16).padStart(8, "0");
  return hex;
}

/** The first hex digits of {@link sha256Hex}; enough to tell apart the values of one request. */
export function shortHash(text: string, digits = 8): string {
  return sha256Hex(text).slice(0, digits);
}

/** The message followed by a one bit, zeros and its length in bits, in whole blocks. */
function padded(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(((message.length + 8) >> 6) * 64 + 64);
  bytes.set(message);
  bytes[message.length] = 0x80;
  const view = new DataView(bytes.buffer);
  view.setUint32(bytes.length - 8, Math.floor(message.length / 0x2000_0000));
  view.setUint32(bytes.length - 4, (message.length << 3) >>> 0);
  return bytes;
}

function compress(state: Int32Array, view: DataView, offset: number): void {
  const w = schedule;
  for (let i = 0; i < 16; i++) w[i] = view.getInt32(offset + i * 4);
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15] as number;
    const y = w[i - 2] as number;
    const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
    const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
    w[i] = (w[i - 16] as number) + s0 + (w[i - 7] as number) + s1;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const choice = (e & f) ^ (~e & g);
    const t1 = (h + s1 + choice + (ROUND[i] as number) + (w[i] as number)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + s0 + majority) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => state[i] = (state[i] as number) + word);
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

/** The first 32 bits of the fractional parts of the cube roots of the first primes, exactly. */
function cubeRootFractions(count: number): Int32Array {
  const words = new Int32Array(count);
  for (let found = 0, candidate = 2; found < count; candidate++) {
    if (!isPrime(candidate)) continue;
    words[found++] = Number(BigInt.asIntN(32, cubeRoot(BigInt(candidate) << 96n)));
  }
  return words;
}

function isPrime(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false;
  return true;
}

/** Largest integer whose cube is not above n, by bisection. */
function cubeRoot(n: bigint): bigint {
  let low = 0n;
  let high = 1n << 40n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle * middle * middle <= n) low = middle;
    else high = middle;
  }
  return low;
}
