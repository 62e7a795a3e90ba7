import { join } from "node:path";

/** The place of the config file, or the places where none was. */
export type FoundFile =
  | { readonly file: string }
  | { readonly file: undefined; readonly looked: readonly string[] };

/** What the search looks at; replaced in tests. */
export interface FindContext {
  readonly env: (name: string) => string | undefined;
  readonly exists: (path: string) => boolean;
}

const HERE: FindContext = { env: (name) => Deno.env.get(name), exists };

/**
 * Finds the config file: `--config`, `$SWITCHYARD_CONFIG`, `./proxy.yaml`, the user's, the system's.
 *
 * The first two are taken even if nothing is there, so that a typo is an error of that file.
 */
export function findConfigFile(option?: string, { env, exists }: FindContext = HERE): FoundFile {
  const named = option ?? (env("SWITCHYARD_CONFIG") || undefined);
  if (named !== undefined) return { file: named };
  const home = env("HOME") || env("USERPROFILE");
  const configHome = env("XDG_CONFIG_HOME") || (home && join(home, ".config"));
  const places = [
    "proxy.yaml",
    ...(configHome ? [join(configHome, "switchyard", "proxy.yaml")] : []),
    "/etc/switchyard/proxy.yaml",
  ];
  const file = places.find(exists);
  return file === undefined ? { file, looked: places } : { file };
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
