import { basename } from "node:path";
import { formatProblem } from "../errors.ts";
import { getLogger, type Logger } from "../log.ts";
import type { Config } from "./config.ts";
import { evaluateConfigFile, type FileEvaluation } from "./files.ts";
import { fingerprint, foldersOf } from "./fingerprint.ts";
import { isLoopbackHost } from "./loopback.ts";
import type { Overrides } from "./source.ts";
import type { ConfigStore } from "./store.ts";

/** What is watched, and how; the times are replaced in tests. */
export interface WatchOptions {
  readonly file: string;
  readonly store: ConfigStore;
  /** The same as those of the first load. */
  readonly overrides?: Overrides;
  readonly log?: Logger;
  /** Told of every config that went live. */
  readonly onReplace?: (config: Config) => void;
  /** Told of every SIGHUP; the promise settles when the file is in step. */
  readonly onHangup?: (inStep: Promise<void>) => void;
  /** Quiet time after a file event before the file is read. */
  readonly debounceMs?: number;
  /** Between two looks at the files, for file systems that send no events. */
  readonly pollMs?: number;
  /** False relies on polling alone. */
  readonly events?: boolean;
}

/** A file that changes all the time is still read this often. */
const MAX_DEBOUNCE_MS = 300;

/**
 * For so long after new content was seen, polling reads the files instead of trusting time stamps:
 * a second write within one tick of the file system's clock changes no stamp.
 */
const FRESH_MS = 3000;

/**
 * Keeps a store in step with its file, with the files that `${file:…}` names, and with SIGHUP.
 *
 * It watches folders, because a watch on a file goes silent once the file is renamed over
 * (measured, Deno 2.9.6), and polls, because bind mounts and network file systems send no events.
 */
export class ConfigWatcher {
  readonly #file: string;
  readonly #store: ConfigStore;
  readonly #overrides: Overrides;
  readonly #log: Logger;
  readonly #onReplace: (config: Config) => void;
  readonly #options: Required<Pick<WatchOptions, "debounceMs" | "pollMs" | "events">>;
  readonly #watchers = new Map<string, Deno.FsWatcher>();
  readonly #onHangup: () => void;
  #files: readonly string[] = [];
  /** Names of the files without their folders. */
  #names: ReadonlySet<string> = new Set();
  /** True if an event named one of the files: time stamps may be too coarse to show it. */
  #touched = false;
  #fingerprint: string | undefined;
  #hash: string | undefined;
  #freshUntil = 0;
  #running: Promise<void> | undefined;
  #dirty = false;
  #announce = false;
  #pollTimer: ReturnType<typeof setTimeout> | undefined;
  #debounceTimer: ReturnType<typeof setTimeout> | undefined;
  #debounceStart = 0;
  #stopped = false;

  constructor(options: WatchOptions) {
    const { debounceMs = 60, pollMs = 500, events = true } = options;
    this.#file = options.file;
    this.#setFiles([options.file]);
    this.#store = options.store;
    this.#overrides = options.overrides ?? {};
    this.#log = options.log ?? getLogger("config");
    this.#onReplace = options.onReplace ?? (() => {});
    this.#onHangup = () => {
      const inStep = this.reload({ announce: true });
      options.onHangup?.(inStep);
    };
    this.#options = { debounceMs, pollMs, events };
  }

  /** Begins to watch; the first look also finds what changed since the first load. */
  async start(): Promise<void> {
    if (Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", this.#onHangup);
    await this.reload();
    this.#schedulePoll();
  }

  /** Stops all watching and waits for a reload that is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGHUP", this.#onHangup);
    clearTimeout(this.#pollTimer);
    clearTimeout(this.#debounceTimer);
    this.#closeWatchers(new Set());
    await this.#running;
  }

  /**
   * Loads the file again, if its content is not the live one. Calls during a reload make it run
   * once more, so no change is lost; the promise settles when the file is in step. Never rejects.
   */
  reload({ announce = false } = {}): Promise<void> {
    this.#dirty = true;
    this.#announce ||= announce;
    return this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // A microtask later, so that `#running` is set before this can end and unset it.
    await Promise.resolve();
    try {
      while (this.#dirty && !this.#stopped) {
        this.#dirty = false;
        await this.#load();
      }
    } catch (error) {
      this.#store.setError("the config could not be loaded; the log says why");
      this.#log.error("config not loaded: the loader failed", { error });
    } finally {
      this.#running = undefined;
    }
  }

  async #load(): Promise<void> {
    // Taken before the file is read: a change in between looks like one that is still to come.
    this.#fingerprint = await fingerprint(this.#files);
    const evaluation = await evaluateConfigFile(this.#file, this.#overrides);
    if (this.#stopped) return;
    if (evaluation.hash !== this.#hash) this.#freshUntil = performance.now() + FRESH_MS;
    this.#hash = evaluation.hash;
    await this.#apply(evaluation);
    await this.#follow(evaluation.files);
  }

  async #apply({ config, hash, problems }: FileEvaluation): Promise<void> {
    const announce = this.#announce;
    this.#announce = false;
    if (hash !== undefined && hash === this.#store.current().hash) {
      const wasRefused = this.#store.error !== null;
      if (wasRefused) this.#store.setError(null);
      await this.#store.followed();
      if (wasRefused) this.#log.info("config: the live content is back");
      else if (announce) this.#log.info("config: nothing has changed");
    } else if (config === undefined) {
      await this.#refuse(problems.map((problem) => formatProblem(this.#file, problem)), announce);
    } else if (config.keys.length === 0 && !isLoopbackHost(this.#store.current().listen.host)) {
      // The file is fine for a restart on loopback, but the listener still is where it was.
      await this.#refuse(
        [`${this.#file}: without 'auth.keys' only a restart can apply this`],
        announce,
      );
    } else {
      await this.#replace(config);
    }
  }

  async #refuse(problems: readonly string[], announce: boolean): Promise<void> {
    const error = problems.join("\n");
    if (error === this.#store.error && !announce) return;
    this.#store.setError(error);
    await this.#store.followed();
    const { generation } = this.#store;
    this.#log.error(`config not loaded, generation ${generation} stays live`, { generation });
    for (const problem of problems) this.#log.error(problem);
  }

  async #replace(config: Config): Promise<void> {
    const { listen } = this.#store.current();
    if (JSON.stringify(listen) !== JSON.stringify(config.listen)) {
      this.#log.warn("config: 'listen' has changed; restart to apply it, the old one is kept");
    }
    this.#store.replace({ ...config, listen });
    this.#onReplace(this.#store.current());
    await this.#store.followed();
    const { generation } = this.#store;
    const fields = { generation, hash: config.hash, targets: config.targets.size };
    this.#log.info(`config loaded, generation ${generation} is live`, fields);
  }

  /** Watches what the last load depended on, which may lie elsewhere by now. */
  async #follow(included: readonly string[]): Promise<void> {
    const files = [this.#file, ...included];
    if (files.join("\0") !== this.#files.join("\0")) {
      this.#setFiles(files);
      this.#fingerprint = await fingerprint(files);
      // The new files were read before they were watched.
      this.#dirty = true;
    }
    if (!this.#options.events) return;
    const folders = await foldersOf(files);
    if (this.#stopped) return;
    this.#closeWatchers(new Set(folders.keys()));
    const added = [...folders].filter(([identity]) => !this.#watchers.has(identity));
    for (const [identity, folder] of added) this.#watch(identity, folder);
    // What changed between the reading and the watching sent no event.
    if (added.length > 0 && await fingerprint(files) !== this.#fingerprint) this.#dirty = true;
  }

  #setFiles(files: readonly string[]): void {
    this.#files = files;
    this.#names = new Set(files.map((file) => basename(file)));
  }

  #watch(identity: string, folder: string): void {
    try {
      const watcher = Deno.watchFs(folder, { recursive: false });
      this.#watchers.set(identity, watcher);
      void this.#listen(watcher);
    } catch (error) {
      // No inotify watch left, or a file system without: the poll is still there.
      this.#log.debug("config: cannot watch a folder, polling only", { folder, error });
    }
  }

  async #listen(watcher: Deno.FsWatcher): Promise<void> {
    try {
      for await (const event of watcher) {
        if (event.kind === "access") continue;
        this.#touched ||= event.paths.some((path) => this.#names.has(basename(path)));
        this.#debounce();
      }
    } catch (error) {
      this.#log.debug("config: a folder's watch ended, polling only", { error });
    }
  }

  #closeWatchers(kept: ReadonlySet<string>): void {
    for (const [identity, watcher] of this.#watchers) {
      if (kept.has(identity)) continue;
      this.#watchers.delete(identity);
      try {
        watcher.close();
      } catch {
        // Its folder is gone, and the watch with it.
      }
    }
  }

  /** Editors write in several steps: wait for quiet, but not for ever. */
  #debounce(): void {
    if (this.#stopped) return;
    const now = performance.now();
    if (this.#debounceTimer === undefined) this.#debounceStart = now;
    clearTimeout(this.#debounceTimer);
    const patience = Math.max(0, this.#debounceStart + MAX_DEBOUNCE_MS - now);
    this.#debounceTimer = setTimeout(() => {
      this.#debounceTimer = undefined;
      void this.#look();
    }, Math.min(this.#options.debounceMs, patience));
  }

  #schedulePoll(): void {
    if (this.#stopped) return;
    this.#pollTimer = setTimeout(async () => {
      await this.#look();
      this.#schedulePoll();
    }, this.#options.pollMs);
  }

  /** Reads the files only if they changed: a folder may be busy with others all the time. */
  async #look(): Promise<void> {
    const mustRead = this.#touched || performance.now() < this.#freshUntil;
    this.#touched = false;
    if (mustRead || await fingerprint(this.#files) !== this.#fingerprint) await this.reload();
  }
}
