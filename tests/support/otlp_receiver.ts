import { until } from "./server_wait.ts";

/** A span as OTLP has it in JSON, as far as tests care. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  /** 2 for a server's, 3 for a client's. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, string>>;
}

interface WireSpan extends Omit<ReceivedSpan, "attributes"> {
  readonly attributes: readonly {
    readonly key: string;
    readonly value: { readonly stringValue?: string };
  }[];
}

/** Receives OpenTelemetry's traces by HTTP and JSON, as a collector would. */
export class OtlpReceiver implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** All that came, as it was sent. */
  text = "";
  readonly spans: ReceivedSpan[] = [];

  constructor() {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      return this.#receive(request);
    });
  }

  /** The variables that make a program send its traces here, soon after they were made. */
  get env(): Record<string, string> {
    return {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#server.addr.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_SERVICE_NAME: "switchyard",
      OTEL_BSP_SCHEDULE_DELAY: "50",
    };
  }

  /** The spans of a kind, once there are so many. */
  async ofKind(kind: number, count: number): Promise<readonly ReceivedSpan[]> {
    const found = () => this.spans.filter((span) => span.kind === kind);
    await until(() => found().length >= count, `${count} spans of kind ${kind}`);
    return found();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #receive(request: Request): Promise<Response> {
    const text = await request.text();
    this.text += text;
    if (new URL(request.url).pathname === "/v1/traces") {
      for (const { scopeSpans } of JSON.parse(text).resourceSpans) {
        for (const { spans } of scopeSpans) this.spans.push(...spans.map(readSpan));
      }
    }
    return Response.json({});
  }
}

function readSpan({ attributes, ...span }: WireSpan): ReceivedSpan {
  const values = attributes.map(({ key, value }) => [key, value.stringValue ?? ""]);
  return { ...span, attributes: Object.fromEntries(values) };
}
