/** Where a release can be had from, and the hashes of its files. */
export interface Published {
  readonly version: string;
  /** Of the releases, such as `https://github.com/OWNER/NAME/releases`; no `/` at the end. */
  readonly releases: string;
  /** SHA-256 in hex by file name. */
  readonly sums: ReadonlyMap<string, string>;
}

/** Fills in install.sh, which then knows where to download from. */
export function fillInstaller(template: string, releases: string): string {
  return template.replaceAll("@RELEASES@", releases);
}

/**
 * Fills in the template of the Homebrew formula.
 *
 * @throws {Error} If an archive that it names was not built.
 */
export function fillFormula(template: string, { version, releases, sums }: Published): string {
  const withoutNote = template.replace(/^#.*\n/, "");
  return withoutNote.replaceAll(/@(HOMEPAGE|VERSION|URL|SHA256 ([^@]+))@/g, (_, name, file) => {
    if (name === "HOMEPAGE") return releases.replace(/\/releases$/, "");
    if (name === "VERSION") return version;
    if (name === "URL") return `${releases}/download/v${version}`;
    const sum = sums.get(file);
    if (sum === undefined) throw new Error(`Cannot write the formula: there is no ${file}`);
    return sum;
  });
}

/** The lines of SHA256SUMS, as `sha256sum -c` reads them. */
export function formatSums(sums: ReadonlyMap<string, string>): string {
  return [...sums].sort(([a], [b]) => a < b ? -1 : 1).map(([name, sum]) => `${sum}  ${name}\n`)
    .join("");
}

/** SHA-256 of bytes, in hex. */
export async function sha256(bytes: BufferSource): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
