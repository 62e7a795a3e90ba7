/**
 * The models that can read each other's encrypted reasoning: `gpt-5` for `openai/gpt-5.2-codex`,
 * `grok-4` for `grok-4-fast`. A name without a version stands for itself.
 */
export function modelFamily(model: string): string {
  const name = model.toLowerCase().replace(/^.*\//, "");
  return /^[a-z]+(?:-[a-z]+)*-?\d+/.exec(name)?.[0] ?? name;
}
