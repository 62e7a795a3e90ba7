import type { Evaluation } from "../config/load.ts";
import { evaluateConfig } from "../config/load.ts";
import type { Overrides } from "../config/source.ts";
import type { Sources } from "../config/substitute.ts";

/** The demo's config names neither variables nor files. */
const NO_SOURCES: Sources = {
  env: () => undefined,
  file: () => {
    throw new Error("the demo reads no files");
  },
};

/** Runs the built-in model server for as long as something uses the config that leads to it. */
export async function withDemo<Result>(
  overrides: Overrides,
  use: (evaluation: Evaluation) => Promise<Result>,
): Promise<Result> {
  const [{ startDemoServer }, { demoConfig }] = await Promise.all([
    import("../demo/server.ts"),
    import("../demo/config.ts"),
  ]);
  const demo = await startDemoServer();
  try {
    return await use(await evaluateConfig(demoConfig(demo.port), NO_SOURCES, overrides));
  } finally {
    await demo.shutdown();
  }
}
