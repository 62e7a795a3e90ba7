import type { ListenConfig } from "../config/config.ts";
import type { ConfigSource } from "../config/source.ts";
import type { ConfigStatus } from "../config/store.ts";
import type { Marks } from "./activity.ts";
import type { News } from "./news.ts";

/** What a worker makes the main thread's live config of. */
export interface ConfigCopy {
  readonly source: ConfigSource;
  /** That of the start; a reload does not change it. */
  readonly listen: ListenConfig;
  readonly status: ConfigStatus;
}

/** What the main thread sends to a worker; each but `news` and `end` is answered. */
export type ToWorker =
  /** Begin to serve. The answer is true, and comes when it does. */
  | {
    readonly type: "start";
    readonly thread: number;
    readonly threads: number;
    readonly memory: SharedArrayBuffer;
    readonly port: number;
    readonly config: ConfigCopy;
    /** Whether to tell what requests used. */
    readonly tellsUsage: boolean;
  }
  /** Take this config over. The answer comes when it is live. */
  | { readonly type: "config"; readonly config: ConfigCopy }
  /** Count. The answer is the worker's `ThreadNumbers`, with marks its activity since too. */
  | { readonly type: "collect"; readonly marks: Marks | undefined }
  /** Take no new work. The answer comes when all requests are over: the last lines of usage. */
  | { readonly type: "drain" }
  /** End all requests now. */
  | { readonly type: "end" }
  | { readonly type: "news"; readonly news: News };

/**
 * What a worker sends to the main thread; `collect` is answered with all threads' numbers, `usage`
 * when it has arrived.
 */
export type FromWorker =
  | { readonly type: "collect"; readonly marks: Marks | undefined }
  | { readonly type: "news"; readonly news: News }
  /** Lines for the usage file. */
  | { readonly type: "usage"; readonly lines: string }
  /** An error that nothing caught; the worker ends itself. */
  | { readonly type: "crashed"; readonly reason: string };

/** Who can be sent a message: a worker, or in a worker its own global scope. */
export interface Recipient<Message> {
  postMessage(message: Message, transfer: Transferable[]): void;
}

/** Sends a message and waits for its answer; undefined if the other side is gone before. */
export function ask<Message>(
  to: Recipient<Message>,
  message: Message,
  gone?: Promise<unknown>,
): Promise<unknown> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    const settle = (answer: unknown) => {
      port1.close();
      resolve(answer);
    };
    port1.onmessage = ({ data }) => settle(data);
    void gone?.then(() => settle(undefined));
    to.postMessage(message, [port2]);
  });
}

/** Answers a message that was sent with {@link ask}. */
export function answer({ ports }: MessageEvent, value?: unknown): void {
  ports[0]?.postMessage(value);
  ports[0]?.close();
}
