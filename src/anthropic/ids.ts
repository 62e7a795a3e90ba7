const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Random base62 digits behind a prefix, for ids that must not repeat. */
export function randomId(prefix: string, length = 24): string {
  let id = prefix;
  for (const byte of crypto.getRandomValues(new Uint8Array(length))) id += BASE62[byte % 62];
  return id;
}

/** 24 base62 digits behind a prefix, the same for the same seed. Not a secret, and no proof. */
export function stableId(prefix: string, seed: string): string {
  let id = prefix;
  for (let salt = 0; salt < 4; salt++) {
    // FNV-1a, run anew with a salt for every six digits.
    let hash = 0x811c9dc5 ^ Math.imul(salt + 1, 0x9e3779b1);
    for (let at = 0; at < seed.length; at++) {
      hash = Math.imul(hash ^ seed.charCodeAt(at), 0x01000193);
    }
    let rest = (hash >>> 0) * 13 + seed.length;
    for (let digit = 0; digit < 6; digit++) {
      id += BASE62[rest % 62];
      rest = Math.floor(rest / 62);
    }
  }
  return id;
}
