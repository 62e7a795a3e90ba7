/** An npm package that is part of the program. */
export interface NpmPackage {
  /** With its scope, such as `@logtape/logtape`. */
  readonly name: string;
  readonly version: string;
  /** SPDX identifier or expression. */
  readonly license: string;
  /** Subresource integrity from deno.lock: `sha512-…` in base64. */
  readonly integrity: string;
}

/** What is said of the program itself. */
export interface Product {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** The Deno whose runtime is inside. */
  readonly denoVersion: string;
  readonly time: Date;
}

const ROOT = new URL("../", import.meta.url);

/** The software bill of materials of the program, in CycloneDX 1.6. */
export function billOfMaterials(product: Product, packages: readonly NpmPackage[]): unknown {
  const reference = `pkg:generic/${product.name}@${product.version}`;
  const components = [runtime(product.denoVersion), ...packages.map(component)];
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: product.time.toISOString(),
      component: {
        "bom-ref": reference,
        type: "application",
        name: product.name,
        version: product.version,
        licenses: licenses(product.license),
      },
    },
    components,
    dependencies: [{ ref: reference, dependsOn: components.map((each) => each["bom-ref"]) }],
  };
}

/**
 * The npm packages that the program imports, by the module graph of main.ts and deno.lock; those
 * of the tests alone are not among them.
 *
 * @throws {Error} If one has no licence in its package.json, or no hash in the lock.
 */
export async function readPackages(): Promise<NpmPackage[]> {
  const graph = await denoInfo("main.ts") as Graph;
  const { npmCache } = await denoInfo() as { npmCache: string };
  const lock = JSON.parse(await Deno.readTextFile(new URL("deno.lock", ROOT))) as Lock;
  const keys = new Set<string>();
  const add = (key: string): void => {
    if (keys.has(key)) return;
    keys.add(key);
    graph.npmPackages[key]?.dependencies.forEach(add);
  };
  for (const { npmPackage } of graph.modules) if (npmPackage !== undefined) add(npmPackage);
  return await Promise.all(
    [...keys].sort().map(async (key) => {
      const { name = "", version = "" } = graph.npmPackages[key] ?? {};
      const integrity = lock.npm[key]?.integrity;
      const license = await readLicense(npmCache, `${name}/${version}`);
      if (integrity === undefined) throw new Error(`Cannot list ${key}: deno.lock has no hash`);
      if (license === undefined) throw new Error(`Cannot list ${key}: it names no licence`);
      return { name, version, license, integrity };
    }),
  );
}

interface Graph {
  readonly modules: readonly { readonly npmPackage?: string }[];
  readonly npmPackages: Readonly<
    Record<string, { name: string; version: string; dependencies: readonly string[] }>
  >;
}

interface Lock {
  readonly npm: Readonly<Record<string, { readonly integrity?: string }>>;
}

async function denoInfo(...args: string[]): Promise<unknown> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", ...args],
    cwd: ROOT,
    stdin: "null",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("Cannot read the module graph: `deno info` failed");
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Deno keeps packages by registry, name and version. */
async function readLicense(cache: string, folder: string): Promise<string | undefined> {
  for await (const registry of Deno.readDir(cache)) {
    const file = `${cache}/${registry.name}/${folder}/package.json`;
    const text = await Deno.readTextFile(file).catch(() => undefined);
    if (text === undefined) continue;
    const { license } = JSON.parse(text) as { license?: unknown };
    return typeof license === "string" ? license : undefined;
  }
  return undefined;
}

function component({ name, version, license, integrity }: NpmPackage) {
  const [, scope, bare = name] = /^(@[^/]+)\/(.+)$/.exec(name) ?? [];
  const url = `pkg:npm/${scope ? `${encodeURIComponent(scope)}/` : ""}${bare}@${version}`;
  return {
    "bom-ref": url,
    type: "library",
    ...(scope === undefined ? {} : { group: scope }),
    name: bare,
    version,
    licenses: licenses(license),
    purl: url,
    hashes: [{ alg: "SHA-512", content: sha512(integrity) }],
  };
}

function runtime(version: string) {
  const url = `pkg:github/denoland/deno@v${version}`;
  return {
    "bom-ref": url,
    type: "platform",
    name: "deno",
    version,
    licenses: licenses("MIT"),
    purl: url,
  };
}

function licenses(license: string): unknown[] {
  return [/\s/.test(license) ? { expression: license } : { license: { id: license } }];
}

function sha512(integrity: string): string {
  const [algorithm, base64 = ""] = integrity.split(/-(.*)/s);
  if (algorithm !== "sha512") throw new Error(`Cannot read a hash: ${algorithm} is not sha512`);
  return [...atob(base64)].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}
