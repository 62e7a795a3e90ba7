import { dirname, resolve } from "node:path";

/** A chain of symbolic links this long is a loop. */
const MAX_LINKS = 40;

/** Text that changes when one of the files changes, appears, goes or is another one; no content. */
export async function fingerprint(files: readonly string[]): Promise<string> {
  const parts = await Promise.all(files.map(async (file) => {
    try {
      const { dev, ino, size, mtime, ctime } = await Deno.stat(file);
      return [dev, ino, size, mtime?.getTime(), ctime?.getTime()].join(":");
    } catch (error) {
      return error instanceof Error ? error.name : "unknown";
    }
  }));
  return parts.join(" ");
}

/**
 * The folders whose entries decide what the files are: that of each file, of each symbolic link
 * on the way and of the real file. Keyed by identity, so a folder that was replaced is a new one.
 */
export async function foldersOf(files: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const folders = new Map<string, string>();
  for (const file of files) {
    for (const step of await linkChain(resolve(file))) {
      const folder = dirname(step);
      try {
        const { dev, ino } = await Deno.stat(folder);
        folders.set(`${folder} ${dev}:${ino}`, folder);
      } catch {
        // Not there now; the poll sees it come.
      }
    }
  }
  return folders;
}

/** The path, each target of a link that it leads through, and the real path. */
async function linkChain(path: string): Promise<readonly string[]> {
  const chain = [path];
  try {
    for (let last = path; chain.length < MAX_LINKS && (await Deno.lstat(last)).isSymlink;) {
      last = resolve(dirname(last), await Deno.readLink(last));
      chain.push(last);
    }
    chain.push(await Deno.realPath(path));
  } catch {
    // It ends in nothing; what there is of it is watched.
  }
  return chain;
}
