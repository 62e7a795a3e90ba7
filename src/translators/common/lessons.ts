import type { Profile, Quirks } from "../../profiles/schema.ts";

/** A parameter that servers refuse by name, and the quirk that leaves it out. */
export interface Lesson {
  readonly names: RegExp;
  readonly quirks: Quirks;
}

/** Words that servers refuse a parameter with. */
const REFUSAL =
  /unsupported|not supported|unrecognized|unknown|unexpected|not permitted|not allowed|invalid|extra|does not support|must be|use '/i;

/** Words about a value: the parameter itself is known, and would be missed. */
const OUT_OF_RANGE =
  /less than|greater than|at most|at least|too (?:large|long|small|high|low|many)|between|exceed|maximum|minimum/i;

/** What a refusal teaches, where the profile may learn and does not follow it already. */
export function findLesson(
  lessons: readonly Lesson[],
  message: string,
  profile: Profile,
): Lesson | undefined {
  if (!profile.learn || !REFUSAL.test(message) || OUT_OF_RANGE.test(message)) return undefined;
  return lessons.find(({ names, quirks }) => names.test(message) && isNew(quirks, profile));
}

/** A lesson that is already followed cannot be what helps. */
function isNew(quirks: Quirks, profile: Quirks): boolean {
  return Object.entries(quirks).some(([name, value]) => profile[name as keyof Quirks] !== value);
}
