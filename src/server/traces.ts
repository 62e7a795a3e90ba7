import { redact } from "../log.ts";
import { letRuntimeTrace } from "../upstream/senders.ts";
import type { RequestContext } from "./context.ts";

/** The part of a span that the runtime's own tracing writes with. */
interface Span {
  setAttribute(name: string, value: unknown): Span;
  setStatus(status: { readonly code: number; readonly message?: string }): Span;
}

/** What the runtime traces with; it has no types for it. */
interface Telemetry {
  readonly tracerProvider: {
    getTracer(name: string): { startSpan(name: string): Span };
  };
  readonly contextManager: { active(): { getValue(key: symbol): Span | undefined } };
}

/** OpenTelemetry's key of the span that is active. */
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");

/** Longest text of a client's choice in a span, in UTF-16 units. */
const MAX_TRACED = 200;

let telemetry: Telemetry | undefined;

/**
 * Keeps keys out of the spans of this thread, where the runtime traces.
 *
 * The runtime writes the whole URL of a call into attributes of its span, and with them keys that a
 * provider takes as `?key=` (Deno 2.7.11 and 2.9.6, 2026-11); 2.7.11 also into its status where no
 * connection was made. It has no setting against it, so what it writes with is replaced.
 */
export function guardTraces(): void {
  if (telemetry) return;
  const { telemetry: offered } = Deno as unknown as { readonly telemetry: Telemetry };
  let probe: Span;
  try {
    // Only spans that end are exported; this one shows what class they are of.
    probe = offered.tracerProvider.getTracer("switchyard").startSpan("probe");
  } catch {
    // The runtime does not trace, and nothing else tells: a binary does as it was compiled to.
    return;
  }
  telemetry = offered;
  letRuntimeTrace();
  const spans: Span = Object.getPrototypeOf(probe);
  const { setAttribute, setStatus } = spans;
  spans.setAttribute = function (name, value) {
    if (name === "url.query") return this;
    return setAttribute.call(this, name, typeof value === "string" ? withoutSecrets(value) : value);
  };
  spans.setStatus = function ({ code, message = "" }) {
    return setStatus.call(this, { code, message: withoutSecrets(message) });
  };
}

/** What to tell the operator who asked for traces that will not come; undefined if all is well. */
export function tracesProblem(wanted = Deno.env.get("OTEL_DENO")): string | undefined {
  if (telemetry || wanted !== "true") return undefined;
  return "OTEL_DENO has no effect: this program was compiled without it";
}

/** Tells in the span of a request which one of the log it is, and who answered. */
export function describeSpan({ requestId, record }: RequestContext): void {
  const span = telemetry?.contextManager.active().getValue(SPAN);
  if (!span) return;
  span.setAttribute("switchyard.request_id", requestId);
  const target = record.answeredBy ?? record.target;
  if (target !== undefined) span.setAttribute("switchyard.target", target);
  const model = record.model?.slice(0, MAX_TRACED);
  if (model !== undefined) span.setAttribute("gen_ai.request.model", model);
}

/** A text without keys, and its URLs without queries and passwords. */
function withoutSecrets(text: string): string {
  return redact(text).replace(/\/\/[^/@\s]*@/g, "//").replace(/\?[^\s)"']*/g, "");
}
