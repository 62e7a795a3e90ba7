import { sha256Hex } from "../common/hash.ts";

/** Longest `call_id` of an output item (openapi.json, 2026-11). */
const MAX_LENGTH = 64;

/** A call's id as the API takes it: other providers made longer ones earlier in the conversation. */
export function callId(id: string): string {
  return id !== "" && id.length <= MAX_LENGTH ? id : `call_${sha256Hex(id).slice(0, 32)}`;
}
