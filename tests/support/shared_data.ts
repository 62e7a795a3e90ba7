/** Files that others published; they lie beside the checkout, and are absent elsewhere. */
const DATA = new URL("../../../shared/data/", import.meta.url);

const encoder = new TextEncoder();

/** The text of a shared file; undefined, and one line that says so, where it is absent. */
export async function readShared(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(new URL(path, DATA));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await say(`skipped: there is no shared data ${path}`);
    return undefined;
  }
}

/** Names and texts of the files of a shared folder; none, and one line, where it is absent. */
export async function readSharedFolder(folder: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  try {
    for await (const { name } of Deno.readDir(new URL(folder, DATA))) {
      files.set(name, await Deno.readTextFile(new URL(`${folder}${name}`, DATA)));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await say(`skipped: there is no shared data ${folder}`);
  }
  return new Map([...files].sort(([a], [b]) => a < b ? -1 : 1));
}

async function say(line: string): Promise<void> {
  await Deno.stderr.write(encoder.encode(`${line}\n`));
}
