/** A file of the project: its path from the root, with `/`, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/**
 * The layers of `src/`, lowest first. A module imports from its own folder or from an earlier group;
 * the names of one group do not import each other. All may read the version in deno.json.
 */
export const LAYERS: readonly (readonly string[])[] = [
  ["bag", "bytes", "errors", "event_loop", "json", "json_bytes", "json_text", "version", "log"],
  ["anthropic", "framing"],
  ["profiles"],
  ["target"],
  ["tokens"],
  ["translators"],
  ["config"],
  ["usage"],
  ["upstream"],
  ["demo"],
  ["server"],
  ["doctor"],
  ["commands"],
  ["cli"],
];

/** Folders of `tests/` that mirror no folder of `src/`. */
const CROSS_CUTTING = [
  "delivery",
  "docs",
  "e2e",
  "faults",
  "fixtures",
  "property",
  "protocols",
  "recorded",
  "scripts",
  "security",
  "support",
];

/** Tests inside a layer that look at many modules of it. */
const ACROSS_A_LAYER = ["tests/translators/contract_test.ts"];

const MAX_LINES = 400;

const MODES = [
  "chat_completions",
  "codex_responses",
  "anthropic_messages",
  "bedrock_converse",
  "codex_app_server",
];

/** Where a mode or a provider may be named in a conditional. */
const MAY_NAME_MODES = [
  /^src\/translators\/[^/]+\/mod\.ts$/,
  /^src\/translators\/registry\.ts$/,
  /^src\/demo\//,
  /^src\/profiles\//,
];

// Escaped, so that this file does not name them itself.
const MACHINE_PATH = /\/work\//;
const REGISTRY_HOST =
  /\b(?:registry\.(?:npmjs\.org|yarnpkg\.com|npmmirror\.com)|jsr\.io|npm\.pkg\.github\.com|dl\.deno\.land)\b/;

/** Finds imports that point up or sideways in the list of layers. */
export function findLayerBreaks(files: readonly SourceFile[]): string[] {
  return imports(files).flatMap(({ from, to, line }) => {
    const [importer, imported] = [layerOf(from), layerOf(to)];
    if (to === "deno.json") return [];
    if (importer === undefined) return [`${from}: is in no layer of the list`];
    if (imported === undefined) return [`${from}:${line} imports ${to}, which is in no layer`];
    if (importer === imported || rankOf(imported) < rankOf(importer)) return [];
    const relation = rankOf(imported) === rankOf(importer) ? "beside" : "above";
    return [`${from}:${line} imports ${to}: "${imported}" is ${relation} "${importer}"`];
  });
}

/** Finds imports from one mode folder into another. */
export function findSiblingModes(files: readonly SourceFile[]): string[] {
  return imports(files).flatMap(({ from, to, line }) => {
    const [mode, other] = [modeFolderOf(from), modeFolderOf(to)];
    if (mode === undefined || mode === "common") {
      // common/ is below the modes: it may not reach into them either.
      return mode === "common" && other !== undefined && other !== "common"
        ? [`${from}:${line} imports ${to}: common/ knows no mode`]
        : [];
    }
    if (other === undefined || other === "common" || other === mode) return [];
    return [`${from}:${line} imports ${to}: a mode knows no other mode`];
  });
}

/** Finds import cycles, one line per cycle; imports of types count too. */
export function findCycles(files: readonly SourceFile[]): string[] {
  const targets = Map.groupBy(imports(files), ({ from }) => from);
  const finished = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push([...trail.slice(start), path].join(" → "));
    if (start >= 0 || finished.has(path)) return;
    for (const { to } of targets.get(path) ?? []) visit(to, [...trail, path]);
    finished.add(path);
  };
  for (const { path } of files) visit(path, []);
  return cycles;
}

/**
 * Finds conditionals on the name of a mode or a provider where a table should decide.
 *
 * A provider is known by the variable that is compared: a quirk may have a value that is also the
 * name of a provider.
 */
export function findNamedConditionals(files: readonly SourceFile[]): string[] {
  const mode = `["'\`](?:${MODES.join("|")})["'\`]`;
  const provider = "(?<!\\btypeof\\s+[\\w.]*)\\b\\w*provider(?:\\.name)?";
  const conditional = new RegExp(
    [
      `[!=]==?\\s*${mode}`,
      `${mode}\\s*[!=]==?`,
      `\\bcase\\s+${mode}`,
      `${provider}\\s*[!=]==?\\s*["'\`]`,
      `["'\`]\\s*[!=]==?\\s*(?:\\w+\\.)*${provider}\\b`,
      `\\bswitch\\s*\\((?:\\w+\\.)*${provider}\\)`,
    ].join("|"),
    "i",
  );
  return files
    .filter(({ path }) => !MAY_NAME_MODES.some((pattern) => pattern.test(path)))
    .flatMap((file) => findLines(file, conditional, "decides by the name of a mode or a provider"));
}

/** Finds files that are too long to be read in one go. */
export function findLongFiles(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const count = text.split("\n").length - 1;
    return count > MAX_LINES ? [`${path} has ${count} lines; ${MAX_LINES} are allowed`] : [];
  });
}

/** Finds uses of the console; the program logs through src/log.ts. */
export function findConsoleUses(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => findLines(file, /\bconsole\s*\./, "uses the console"));
}

/** Finds imports from JSR, which would make running the program depend on it. */
export function findJsrImports(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => findLines(file, /["'`](?:jsr:|@std\/)/, "imports from JSR"));
}

/** Finds paths of one machine and hosts of registries. */
export function findForeignPlaces(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index) => {
      const place = MACHINE_PATH.exec(line) ?? REGISTRY_HOST.exec(line);
      return place ? [`${path}:${index + 1} names "${place[0]}"`] : [];
    })
  );
}

/** Finds tests in the folder of a layer that have no module of the same name. */
export function findStrayTests(
  tests: readonly SourceFile[],
  sources: readonly SourceFile[],
): string[] {
  const modules = new Set(sources.map(({ path }) => path));
  return tests.flatMap(({ path }) => {
    if (!path.endsWith("_test.ts") || ACROSS_A_LAYER.includes(path)) return [];
    const [, first = "", ...rest] = path.split("/");
    if (rest.length > 0 && CROSS_CUTTING.includes(first)) return [];
    const layer = first.replace(/_test\.ts$/, "");
    if (rankOf(layer) < 0) {
      return rest.length > 0 ? [`${path} is in a folder that is no layer of src/`] : [];
    }
    const source = path.replace(/^tests\//, "src/").replace(/_test\.ts$/, ".ts");
    return modules.has(source) ? [] : [`${path} has no ${source}`];
  });
}

interface Import {
  readonly from: string;
  readonly to: string;
  readonly line: number;
}

/** All relative imports of some files, with the path of what they import. */
function imports(files: readonly SourceFile[]): Import[] {
  return files.flatMap(({ path, text }) => {
    const code = blankComments(text);
    return [...code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g)].map(
      ({ 1: specifier = "", index }) => ({
        from: path,
        to: new URL(specifier, `file:///${path}`).pathname.slice(1),
        line: code.slice(0, index).split("\n").length,
      }),
    );
  });
}

function findLines({ path, text }: SourceFile, pattern: RegExp, problem: string): string[] {
  return blankComments(text).split("\n").flatMap((line, index) =>
    pattern.test(line) ? [`${path}:${index + 1} ${problem}: ${line.trim()}`] : []
  );
}

/** Blanks out comments and keeps the line numbers. */
function blankComments(text: string): string {
  return text.replaceAll(
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|\/\*[\s\S]*?\*\/|(?<=^|\s|[;{}(),])\/\/[^\n]*/g,
    (match: string, string?: string) => string ?? match.replaceAll(/[^\n]/g, " "),
  );
}

function layerOf(path: string): string | undefined {
  const name = /^src\/([^/]+?)(?:\.ts)?(?:\/|$)/.exec(path)?.[1];
  return name !== undefined && rankOf(name) >= 0 ? name : undefined;
}

function rankOf(layer: string): number {
  return LAYERS.findIndex((group) => group.includes(layer));
}

function modeFolderOf(path: string): string | undefined {
  return /^src\/translators\/([^/]+)\//.exec(path)?.[1];
}
