/** Says that a test proved nothing, because a program of the system is not installed. */
export function skipped(program: string, debianPackage: string): void {
  // deno-lint-ignore no-console -- a skipped test must not look like one that ran
  console.log(`skipped: there is no ${program} here (Debian's package ${debianPackage})`);
}
