import { Hono } from "hono";
import { errorResponse } from "../anthropic/error_body.ts";
import { randomId } from "../anthropic/ids.ts";
import {
  GatewayError,
  InvalidRequestError,
  UnavailableError,
  UnknownTargetError,
} from "../errors.ts";
import { getLogger } from "../log.ts";
import { VERSION } from "../version.ts";
import { originHeaders } from "./answer_headers.ts";
import { authenticate, guardOpenServer } from "./auth.ts";
import { RequestContext } from "./context.ts";
import { handleCountTokens } from "./count_tokens.ts";
import { events } from "./events.ts";
import { handleMessages } from "./messages.ts";
import { listModels, listTargets, showModel, showTarget } from "./models.ts";
import { targetByName } from "./pick_target.ts";
import { refuseAmbiguousFraming } from "./request_body.ts";
import type { Services } from "./services.ts";
import { status } from "./status.ts";
import { describeSpan, guardTraces } from "./traces.ts";

const log = getLogger("server");

interface Env {
  readonly Variables: { readonly call: RequestContext };
}

/** What each path is asked with; all else gets 405. The first match counts. */
const METHODS: readonly (readonly [path: string, allow: string])[] = [
  ["/", "GET, HEAD"],
  ["/healthz", "GET, HEAD"],
  ["/readyz", "GET, HEAD"],
  ["/api/status", "GET, HEAD"],
  ["/api/events", "GET, HEAD"],
  ["/metrics", "GET, HEAD"],
  ["/v1/messages", "POST"],
  ["/v1/messages/count_tokens", "POST"],
  ["/v1/models", "GET, HEAD"],
  ["/v1/models/:id{.+}", "GET, HEAD"],
  ["/:target/v1/messages", "POST"],
  ["/:target/v1/messages/count_tokens", "POST"],
  ["/:target/v1/models", "GET, HEAD"],
  ["/:target/v1/models/:id{.+}", "GET, HEAD"],
];

/** The routes, and what all of them share; no logic of their own. */
export function createApp(services: Services): Hono<Env> {
  guardTraces();
  const app = new Hono<Env>({ strict: false });
  app.use(async (c, next) => {
    const call = new RequestContext(c.req.raw, randomId("req_"), services);
    c.set("call", call);
    // Of this path alone Hono would take the stars of the middleware twice (4.13).
    if (c.req.path === "/*") throw notFound(c.req.raw);
    // The runtime builds the URL of whatever the client says is its host.
    if (!URL.canParse(c.req.raw.url)) throw new InvalidRequestError("The Host is not valid");
    refuseAmbiguousFraming(c.req.raw);
    guardOpenServer(c.req.raw, call.config);
    await next();
    c.res.headers.set("request-id", call.requestId);
    describeSpan(call);
  });
  app.onError((error, c) => failed(c.get("call"), error));
  app.notFound((c) => {
    throw notFound(c.req.raw);
  });
  addOpenRoutes(app, services);
  // Before what counts and logs requests, so that a scrape changes nothing and answers while draining.
  app.get("/metrics", async (c) => {
    const call = c.get("call");
    call.key = authenticate(c.req.raw.headers, call.config);
    // Loaded by the first scrape: the start does without it.
    const { metrics } = await import("./metrics.ts");
    return await metrics(call);
  });
  app.use(async (c, next) => {
    const call = c.get("call");
    call.key = authenticate(c.req.raw.headers, call.config);
    if (services.isDraining()) throw new UnavailableError("The gateway is shutting down");
    call.enter();
    await next();
    for (const [name, value] of Object.entries(call.limitHeaders)) c.res.headers.set(name, value);
    if (!c.error) call.answered(c.res.status);
  });
  addApiRoutes(app);
  return app;
}

/** Routes that tell little, and so need no key. */
function addOpenRoutes(app: Hono<Env>, { store, isDraining, isReady }: Services): void {
  // Loaded when somebody looks: few do, and the start need not wait for it.
  app.get("/", async () => (await import("./status_page/page.ts")).statusPage());
  app.get("/healthz", (c) => c.json({ status: "ok", version: VERSION, config: store.status() }));
  app.get("/readyz", (c) => {
    if (isDraining()) return c.json({ status: "draining" }, 503);
    return isReady() ? c.json({ status: "ready" }) : c.json({ status: "starting" }, 503);
  });
  // Claude Code probes its base URL before it has sent a key.
  app.get("/:target", (c, next) => {
    return c.get("call").config.targets.has(c.req.param("target")) ? c.body(null) : next();
  });
}

function addApiRoutes(app: Hono<Env>): void {
  app.post("/v1/messages", (c) => handleMessages(c.get("call"), undefined));
  app.post("/v1/messages/count_tokens", (c) => handleCountTokens(c.get("call"), undefined));
  app.get("/api/status", async (c) => c.json(await status(c.get("call"))));
  app.get("/api/events", (c) => events(c.get("call")));
  app.get("/v1/models", (c) => listTargets(c.get("call")));
  app.get("/v1/models/:id{.+}", (c) => showTarget(c.get("call"), c.req.param("id")));
  app.post("/:target/v1/messages", (c) => handleMessages(c.get("call"), c.req.param("target")));
  app.post("/:target/v1/messages/count_tokens", (c) => {
    return handleCountTokens(c.get("call"), c.req.param("target"));
  });
  app.get("/:target/v1/models", (c) => listModels(c.get("call"), c.req.param("target")));
  app.get("/:target/v1/models/:id{.+}", (c) => {
    return showModel(c.get("call"), c.req.param("target"), c.req.param("id"));
  });
  for (const [path, allow] of METHODS) app.all(path, wrongMethod(allow));
  app.all("/:target/*", (c, next) => {
    const { config, key } = c.get("call");
    const name = c.req.param("target");
    if (name !== "v1") targetByName(config, key, name);
    return next();
  });
}

function wrongMethod(allow: string): () => never {
  return () => {
    throw new InvalidRequestError(`Method not allowed; use ${allow}`, {
      status: 405,
      headers: { allow },
    });
  };
}

function notFound(request: Request): UnknownTargetError {
  const path = new URL(request.url).pathname;
  const hint = path.includes("/v1/v1/") ? "; leave /v1 out of the base URL" : "";
  return new UnknownTargetError(`No route ${request.method} ${path.slice(0, 200)}${hint}`);
}

/** The answer to a request that failed before its first byte. */
function failed(call: RequestContext, error: unknown): Response {
  const { status, headers, body } = errorResponse(error, call.requestId);
  if (status === 500 && !(error instanceof GatewayError)) {
    log.error("Internal error", {
      request_id: call.requestId,
      error: error instanceof Error ? error.stack ?? error.message : String(error),
    });
  }
  call.answered(status, error);
  return new Response(body, {
    status,
    headers: { ...headers, ...originHeaders(call.record), "request-id": call.requestId },
  });
}
