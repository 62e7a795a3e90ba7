const MAX_LENGTH = 200;

/**
 * Names of the documents of one request. The API takes letters, digits, single blanks and a few
 * signs only, and no name twice.
 *
 * @see {@link https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html}
 */
export class DocumentNames {
  readonly #used = new Set<string>();

  /** A name like the title that no other document has; the same for the same conversation. */
  claim(title: unknown): string {
    const clean = legalName(typeof title === "string" ? title : "") || "document";
    let name = clean;
    for (let number = 2; this.#used.has(name); number++) {
      const end = ` ${number}`;
      name = clean.slice(0, MAX_LENGTH - end.length).trimEnd() + end;
    }
    this.#used.add(name);
    return name;
  }
}

function legalName(title: string): string {
  return title.slice(0, 2 * MAX_LENGTH)
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .replace(/[^A-Za-z0-9()[\]-]+/g, " ")
    .trim()
    .slice(0, MAX_LENGTH)
    .trimEnd();
}
