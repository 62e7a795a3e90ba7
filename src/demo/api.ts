/** The only model that the demo server has. */
export const DEMO_MODEL = "switchyard-demo";

/** Any name is taken for the model's, but one that says that there is none. */
export function isUnknownModel(model: string): boolean {
  return model.startsWith("no-such-model");
}

/** When it was made, as far as its models lists are concerned. */
export const DEMO_MODEL_CREATED = new Date("2026-01-01T00:00:00Z");

/** What a stream hands out at once: an event as text, or as bytes. */
export type StreamPiece = string | Uint8Array<ArrayBuffer>;

/** One request to the demo server. */
export interface DemoCall {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: Headers;
  /** The parsed body; undefined if it is missing or no JSON. */
  readonly body: unknown;
  /** Answers with events that come one by one, a few milliseconds apart. */
  readonly stream: (events: readonly StreamPiece[]) => Response;
}

/** One upstream API as the demo server speaks it. */
export interface DemoApi {
  /** The API mode that it stands in for. */
  readonly mode: string;
  /** The target that `--demo` offers for it. */
  readonly target: string;
  /** Keys of that target besides its mode and URL, or instead of the usual model. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Answers a call of this API; undefined leaves the call to another one. */
  answer(call: DemoCall): Response | undefined;
}

/** What OpenAI says of a model that it does not have. */
export function unknownModel(model: string): Refusal {
  const message = `The model '${model}' does not exist or you do not have access to it.`;
  return { message, code: "model_not_found" };
}

/** Why a request is refused: its message, and the parameter at fault where the API names it. */
export interface Refusal {
  readonly message: string;
  readonly param?: string;
  readonly code?: string;
}
