import type { ClientKey, Config } from "../config/config.ts";
import { UnknownTargetError } from "../errors.ts";
import type { Target } from "../target.ts";
import { authorize, mayUse } from "./auth.ts";

/** Prefix of the ids under which `GET /v1/models` lists targets. */
export const TARGET_ID_PREFIX = "anthropic/";

/**
 * The target that the path names.
 *
 * @throws {UnknownTargetError} If there is none.
 * @throws {AuthenticationError} If it is not the key's.
 */
export function targetByName(config: Config, key: ClientKey | undefined, name: string): Target {
  const target = config.targets.get(name);
  if (!target) throw unknown(config, key, `Unknown target '${name.slice(0, 100)}'`);
  authorize(key, target.name);
  return target;
}

/**
 * The target that a request without one in its path means: by its `model`, else the default.
 *
 * @throws {UnknownTargetError} If neither names a target.
 * @throws {AuthenticationError} If it is not the key's.
 */
export function targetByModel(config: Config, key: ClientKey | undefined, model: string): Target {
  const plain = model.replace(/\[1m\]$/i, "");
  const name = plain.startsWith(TARGET_ID_PREFIX) ? plain.slice(TARGET_ID_PREFIX.length) : plain;
  const target = config.targets.get(plain) ?? config.targets.get(name) ??
    (config.defaultTarget === undefined ? undefined : config.targets.get(config.defaultTarget));
  if (!target) {
    const hint = "name one in the path or in model, or set default_target";
    throw unknown(config, key, `No target for model '${model.slice(0, 100)}': ${hint}`);
  }
  authorize(key, target.name);
  return target;
}

/** Targets that the key may use, in the file's order. */
export function usableTargets(config: Config, key: ClientKey | undefined): readonly Target[] {
  return [...config.targets.values()].filter(({ name }) => mayUse(key, name));
}

function unknown(config: Config, key: ClientKey | undefined, what: string): UnknownTargetError {
  const names = usableTargets(config, key).map(({ name }) => name).join(", ");
  return new UnknownTargetError(`${what}; known targets: ${names || "none"}`);
}
