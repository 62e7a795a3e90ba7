import { join } from "node:path";

/** Where a search looks; replaced in tests. */
export interface StateContext {
  readonly env: (name: string) => string | undefined;
  readonly os: typeof Deno.build.os;
}

const HERE: StateContext = { env: (name) => Deno.env.get(name), os: Deno.build.os };

/** Where systemd keeps the state of a service of the whole system. */
const SYSTEM_DIRECTORY = "/var/lib/switchyard";

/**
 * The directory that this process keeps its usage in; undefined where the environment names none.
 *
 * systemd's `StateDirectory=` comes first, then what is usual for the user on this system.
 */
export function stateDirectory({ env, os }: StateContext = HERE): string | undefined {
  // Several are separated by colons.
  const ofService = os === "windows" ? undefined : env("STATE_DIRECTORY")?.split(":")[0];
  if (ofService) return ofService;
  const home = env("HOME") || undefined;
  switch (os) {
    case "windows":
      return below(env("LOCALAPPDATA") || undefined, "switchyard");
    case "darwin":
      return below(home, "Library", "Application Support", "switchyard");
    default:
      return below(env("XDG_STATE_HOME") || below(home, ".local", "state"), "switchyard");
  }
}

/** Where usage may be found that another process keeps: the user's own, then the system's service. */
export function likelyDirectories(context: StateContext = HERE): readonly string[] {
  const own = stateDirectory(context);
  const others = context.os === "windows" || own === SYSTEM_DIRECTORY ? [] : [SYSTEM_DIRECTORY];
  return own === undefined ? others : [own, ...others];
}

function below(folder: string | undefined, ...names: readonly string[]): string | undefined {
  return folder === undefined ? undefined : join(folder, ...names);
}

/** A file of one month, as it is or as something renamed or packed it: `.1`, `-20261101`, `.2.gz`. */
const FILE_NAME = /^usage-(\d{4})-(\d{2})\.jsonl(?:[.-]\d+)?(?:\.gz)?$/;

/** Name of the file for lines that are written at that time. Months are those of UTC. */
export function fileNameAt(time: number): string {
  return `usage-${new Date(time).toISOString().slice(0, 7)}.jsonl`;
}

/** A usage file, and the end of its month: all that stands in it is older. */
export interface UsageFile {
  readonly path: string;
  /** Milliseconds since 1970. */
  readonly endsAt: number;
}

/**
 * The usage files of a directory, oldest month first; none if there is no such directory.
 *
 * @throws {Error} If the directory cannot be read.
 */
export async function listFiles(directory: string): Promise<readonly UsageFile[]> {
  const files: UsageFile[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(directory)) {
      const [, year, month] = FILE_NAME.exec(name) ?? [];
      if (year === undefined || isDirectory) continue;
      // Months count from 0 there, so this is the first moment of the next one.
      files.push({ path: join(directory, name), endsAt: Date.UTC(Number(year), Number(month)) });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return files.sort((one, other) => one.endsAt - other.endsAt || (one.path < other.path ? -1 : 1));
}

/** Removes the files of which every line is older than that, in milliseconds since 1970. */
export async function pruneFiles(directory: string, before: number): Promise<void> {
  for (const { path, endsAt } of await listFiles(directory)) {
    if (endsAt > before) continue;
    try {
      await Deno.remove(path);
    } catch (error) {
      // Another process may have been faster.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
