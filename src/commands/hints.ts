import type { Target } from "../target.ts";

/** What a sound config will still do worse than it could: one line a target and model. */
export function hintsFor(targets: readonly Target[]): readonly string[] {
  return targets.flatMap((target) => modelsOf(target).flatMap((model) => hintFor(target, model)));
}

function hintFor({ name, mode, profileFor }: Target, model: string): readonly string[] {
  const { responses_only: responsesOnly, tools_with_reasoning: together } = profileFor(model);
  const advice = "use 'api_mode: codex_responses'";
  if (responsesOnly) {
    return [`target '${name}': '${model}' is not served by ${mode}; ${advice}`];
  }
  if (together === "rejected") {
    return [
      `target '${name}': '${model}' does not think in ${mode} where tools are offered, as ` +
      `Claude Code does; ${advice}`,
    ];
  }
  return [];
}

/** The models that the file names; those that clients name are not known yet. */
function modelsOf({ model, aliases }: Target): readonly string[] {
  const named = aliases.map((alias) => alias.model);
  return [...new Set(model === undefined ? named : [model, ...named])];
}
