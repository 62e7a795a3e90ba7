import type * as z from "zod/mini";
import type { MessageWriter } from "../anthropic/writer.ts";
import type { MessagesRequest } from "../anthropic/request.ts";
import type { RequestBytes } from "../anthropic/request_bytes.ts";
import type { Framing } from "../framing/frames.ts";
import type { JsonObject } from "../json.ts";
import type { Quirks } from "../profiles/schema.ts";
import type { ProcessRight, Target } from "../target.ts";
import type { UpstreamError } from "../errors.ts";
import type { Turn } from "./turn.ts";

/** One speaker of an upstream protocol. */
export type Translator = ConvertingTranslator | RelayTranslator;

/** What both kinds tell the config and the server. */
interface TranslatorFacts {
  /** The mode's name: its folder, its registry key and the value of `api_mode`. */
  readonly mode: string;
  /** Other values of `api_mode` that mean this mode. */
  readonly aliases?: readonly string[];
  /** Strict shape of the YAML keys that only this mode knows; each field has a description. */
  readonly targetOptions: z.core.$ZodShape;
  /** Reads the models list that `GET <models_path>` answered; undefined asks nobody. */
  readonly models?: (body: unknown) => readonly UpstreamModel[];
  /** Path of the models list below `base_url` for this turn's profile; null where there is none. */
  readonly modelsPath: (turn: Pick<Turn, "profile">) => string | null;
  /** URLs of models lists that are not below `base_url`; asked instead of `modelsPath`. */
  readonly modelsUrls?: (target: Target) => readonly string[];
  /**
   * Where the upstream is, for modes that take more than a `base_url` to tell. Called when the
   * config is loaded, with the keys that only this mode knows.
   */
  readonly endpoint?: (settings: EndpointSettings, outside: Surroundings) => Endpoint | KeyProblem;
}

/** What a target's entry says about where its upstream is. */
export interface EndpointSettings {
  /** The keys that only the mode knows, checked. */
  readonly options: JsonObject;
  readonly baseUrl: string | undefined;
  readonly hasKey: boolean;
}

/** What surrounds the config. */
export interface Surroundings {
  /** Value of an environment variable; undefined if it is not set. */
  readonly env: (name: string) => string | undefined;
  /** Text of a file that is watched from now on; throws if it cannot be read. */
  readonly file: (path: string) => string;
}

/** Where an upstream is, and what it takes to reach it. */
export interface Endpoint {
  readonly baseUrl: string;
  /** A key that the surroundings hold for a target that has none of its own. */
  readonly apiKey?: string | undefined;
  /** The mode's own keys, completed. */
  readonly options: JsonObject;
  /** Rights of the process that this takes, besides to connect and to read. */
  readonly rights: readonly ProcessRight[];
}

/** What is wrong with one key of a target. */
export interface KeyProblem {
  readonly key: string;
  readonly problem: string;
}

/** A model as an upstream lists it. */
export interface UpstreamModel {
  readonly id: string;
  readonly displayName?: string | undefined;
  /** RFC 3339. */
  readonly createdAt?: string | undefined;
  readonly contextWindow?: number | undefined;
}

/** Speaks another protocol: bodies and streams are rebuilt. */
export interface ConvertingTranslator extends TranslatorFacts {
  readonly kind: "convert";
  readonly framing: Framing;
  /**
   * Translates the turn's request into an upstream call.
   *
   * @throws {UnsupportedFeatureError} If a part has no counterpart and must not be dropped.
   */
  translateRequest(turn: Turn): UpstreamCall;
  /** The machine for one answer; also takes a whole answer that is not a stream. */
  createStream(turn: Turn, writer: MessageWriter): StreamTranslator;
  /** Another way to ask after a refusal, to try once; undefined where there is none. */
  recover?(turn: Turn, failure: UpstreamError): Recovery | undefined;
  /** A call that counts tokens exactly, where the upstream has one. */
  countTokens?(turn: Turn): CountCall | undefined;
}

/** How a refused request may be asked again. */
export interface Recovery {
  readonly quirks: Quirks;
  /** Whether the quirks hold for the model from now on, or just for this request. */
  readonly remember: boolean;
}

/** Reads one upstream answer in order. One instance per response; synchronous; no I/O. */
export interface StreamTranslator {
  /**
   * Takes one frame's payload.
   *
   * @throws {UpstreamError} If the payload is the upstream's error.
   * @throws {UpstreamProtocolError} If the payload breaks the upstream's protocol.
   */
  push(data: string, event?: string): void;
  /** Takes a whole answer, as the upstream sends it without streaming. */
  pushWhole(body: unknown): void;
  /** True once the upstream said how many tokens it used. */
  readonly hasUsage: boolean;
  /** True once the upstream said that nothing follows but, perhaps, its usage. */
  readonly complete: boolean;
  /** True once the answer's end was told, though the stream may go on. */
  readonly finishing: boolean;
  /**
   * Ends the message. The argument stands in where the upstream reported no usage.
   *
   * @throws {UpstreamProtocolError} If the answer is not complete.
   */
  end(estimate: UsageEstimate): void;
}

/** Token counts that were estimated here. */
export interface UsageEstimate {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What is sent upstream. */
export interface UpstreamCall {
  /** Below the target's `base_url`, beginning with `/`. */
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Whether the upstream streams, which it may do though the client does not. */
  readonly stream: boolean;
  /** Stop sequences that the gateway must watch for itself. */
  readonly emulatedStops: readonly string[];
  /** Extra headers of the call, such as a session id; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A call that counts input tokens, and how its answer reads. */
export interface CountCall extends UpstreamCall {
  /** The count in the answer's body; anything but a number if there is none. */
  readonly read: (body: unknown) => unknown;
  /** True for statuses which say that this model's tokens cannot be counted here at all. */
  readonly isMissing: (status: number) => boolean;
}

/** Upstreams that already speak Anthropic: the request is edited, the bytes go through. */
export interface RelayTranslator extends TranslatorFacts {
  readonly kind: "relay";
  /** URL below the seed of `base_url` for a path such as `/v1/messages`. */
  url(baseUrl: string, path: string): string;
  /**
   * The body that goes upstream: the client's own bytes unless the model is renamed or blocks
   * that only this gateway understands must go.
   */
  translateBody(turn: Turn, raw: RawBody): Uint8Array<ArrayBuffer> | string;
  /** Mends the stream of an upstream that breaks the event grammar. */
  createRepair(turn: Turn): StreamRepairer;
  /** Headers that go upstream: the client's without its credentials and hop-by-hop ones. */
  forwardHeaders(turn: Turn, client: Headers): Headers;
}

/** Re-emits an Anthropic stream in its proper order; text in, text out, cut anywhere. */
export interface StreamRepairer {
  push(text: string): string;
  /**
   * Ends the stream.
   *
   * @throws {UpstreamProtocolError} If the message is not complete.
   */
  end(): string;
}

/** A client's body, as it came and as it reads. */
export interface RawBody extends RequestBytes {
  readonly request: MessagesRequest;
}
