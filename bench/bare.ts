/** A server with the same three libraries and nothing else: how fast could a start be? */
import { Hono } from "hono";
import { parse } from "yaml";
import { z } from "zod";

const { port } = z.strictObject({ port: z.number() }).parse(parse(`port: ${Deno.args[0]}`));
const app = new Hono();
app.get("/healthz", (c) => c.json({ status: "ok" }));
Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, app.fetch);
