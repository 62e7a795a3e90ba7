const ROOT = new URL("../../", import.meta.url);

/** A page of the documentation. */
export interface Page {
  /** Path from the root of the project. */
  readonly file: string;
  readonly text: string;
}

/** README.md, SECURITY.md and all of docs/. */
export async function readPages(): Promise<Page[]> {
  const files = ["README.md", "SECURITY.md"];
  for await (const { name } of Deno.readDir(new URL("docs/", ROOT))) {
    if (name.endsWith(".md")) files.push(`docs/${name}`);
  }
  return await Promise.all(
    files.sort().map(async (file) => ({
      file,
      text: await Deno.readTextFile(new URL(file, ROOT)),
    })),
  );
}
