import type { CommandIo } from "../../src/commands/io.ts";

/** A command's output, for tests to read. */
export class RecordedIo implements CommandIo {
  readonly results: string[] = [];
  readonly messages: string[] = [];
  readonly givenUp: string[] = [];

  readonly out = (text: string): void => {
    this.results.push(text);
  };

  readonly err = (text: string): void => {
    this.messages.push(text);
  };

  readonly giveUp = (rights: readonly string[]): void => {
    this.givenUp.push(...rights);
  };

  /** All of stdout. */
  get stdout(): string {
    return this.results.join("\n");
  }

  /** All of stderr. */
  get stderr(): string {
    return this.messages.join("\n");
  }
}
