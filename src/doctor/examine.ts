import type { Config } from "../config/config.ts";
import type { JsonObject } from "../json.ts";
import type { Profile, Quirks } from "../profiles/schema.ts";
import { allInput } from "../server/record.ts";
import { type Target, upstreamModel } from "../target.ts";
import { closeConnections } from "../upstream/transport.ts";
import type { Answer } from "./answer.ts";
import { ProbeGateway } from "./gateway.ts";
import type { Report, Row } from "./report.ts";
import { excerpt, type Result, type Shape, type Verdict } from "./shape.ts";

/** What is examined, and how. */
export interface Examination {
  readonly config: Config;
  readonly target: Target;
  /** Model that the client names. */
  readonly model: string;
  readonly shapes: readonly Shape[];
  /** Longest time for one answer. */
  readonly timeoutMs: number;
  /** Told before each shape: its place, counted from 1. */
  readonly onShape?: (shape: Shape, place: number) => void;
  /** Told after each shape. */
  readonly onRow?: (row: Row) => void;
}

/** Sends all shapes one after the other, and tries quirks where one does not work. */
export async function examine(examination: Examination): Promise<Report> {
  const { target, model, shapes, onShape, onRow } = examination;
  const doctor = new Doctor(examination);
  const rows: Row[] = [];
  try {
    for (const [at, shape] of shapes.entries()) {
      onShape?.(shape, at + 1);
      const row = await doctor.examine(shape);
      rows.push(row);
      onRow?.(row);
    }
  } finally {
    closeConnections();
  }
  return {
    target: target.name,
    mode: target.mode,
    provider: target.provider,
    model: upstreamModel(target, model),
    rows,
    quirks: doctor.quirks,
    requests: doctor.requests,
    inputTokens: doctor.inputTokens,
    outputTokens: doctor.outputTokens,
  };
}

/** How good a result is; higher is better. */
const RANK: Readonly<Record<Result, number>> = { skipped: 0, failed: 1, degraded: 2, pass: 3 };

/** Refusals that say nothing about the shape of a request. */
const PASSING: ReadonlySet<number> = new Set([402, 408, 409, 429, 503, 504, 529]);

/** An answer and what is thought of it. */
interface Finding {
  readonly answer: Answer | undefined;
  readonly verdict: Verdict;
  /** What the gateway learned on the way. */
  readonly learned: Quirks;
}

class Doctor {
  readonly #examination: Examination;
  readonly #profile: Profile;
  readonly #answers = new Map<string, Answer>();
  #gateway: ProbeGateway;
  #quirks: Quirks = {};
  #deadEnd: string | undefined;
  requests = 0;
  inputTokens = 0;
  outputTokens = 0;

  constructor(examination: Examination) {
    const { target, model } = examination;
    this.#examination = examination;
    this.#profile = target.profileFor(upstreamModel(target, model));
    this.#gateway = this.#open({}, target);
  }

  /** What was proven so far; requests are sent with it from then on. */
  get quirks(): Quirks {
    return this.#quirks;
  }

  async examine(shape: Shape): Promise<Row> {
    if (this.#deadEnd !== undefined) return skippedRow(shape, this.#deadEnd);
    const finding = await this.#send(shape, this.#gateway);
    const { answer, verdict } = finding;
    if (!answer) return skippedRow(shape, verdict.note);
    const proven = isNew(finding.learned, this.#known())
      ? finding.learned
      : await this.#cure(shape, finding);
    this.#adopt(proven);
    this.#answers.set(shape.name, answer);
    if (shape.isVital && verdict.result === "failed" && !proven && isDeadEnd(answer)) {
      this.#deadEnd = `'${shape.name}' failed`;
    }
    return {
      name: shape.name,
      result: verdict.result,
      note: verdict.note,
      firstEventMs: answer.firstEventMs,
      totalMs: answer.totalMs,
      dropped: answer.losses,
      upstream: answer.upstream,
      cure: proven ? Object.keys(proven) : [],
    };
  }

  /** Sends a shape, and judges the answer. */
  async #send(shape: Shape, gateway: ProbeGateway, quirks = this.#quirks): Promise<Finding> {
    const { target, timeoutMs } = this.#examination;
    const body = this.#bodyOf(shape);
    const changed = shape.target?.(target);
    if (typeof body === "string") return unsent(body);
    if (typeof changed === "string") return unsent(changed);
    const asked = changed ? this.#open(quirks, changed) : gateway;
    const answer = await asked.ask(shape, { body, timeoutMs });
    this.requests++;
    this.inputTokens += answer.tokens ? allInput(answer.tokens) : 0;
    this.outputTokens += answer.tokens?.output ?? 0;
    // What another key or model taught is not true of this one.
    const learned = changed ? {} : asked.learned;
    return { answer, verdict: judge(shape, answer), learned };
  }

  #bodyOf({ body, messages }: Shape): JsonObject | string {
    if (!messages) return body;
    const built = messages((name) => this.#answers.get(name));
    return typeof built === "string" ? built : { ...body, messages: built };
  }

  /**
   * Quirks with which a shape works better; undefined if none helps.
   *
   * What helped is not proven before the shape has failed without it once more: the upstream may
   * just have had a bad moment.
   */
  async #cure(shape: Shape, { answer, verdict }: Finding): Promise<Quirks | undefined> {
    for (const quirks of this.#candidates(shape, answer, verdict)) {
      const all = { ...this.#quirks, ...quirks };
      const gateway = this.#open(all, this.#examination.target);
      const trial = await this.#send(shape, gateway, all);
      if (RANK[trial.verdict.result] <= RANK[verdict.result]) continue;
      const { learn: _, ...own } = quirks;
      const proven = { ...own, ...trial.learned };
      if (!isNew(proven, this.#known())) continue;
      const control = await this.#send(
        shape,
        this.#open(this.#quirks, this.#examination.target),
      );
      return RANK[control.verdict.result] < RANK[trial.verdict.result] ? proven : undefined;
    }
    return undefined;
  }

  /** What might help, by what the answer lacks or the refusal says. */
  #candidates(shape: Shape, answer: Answer | undefined, verdict: Verdict): readonly Quirks[] {
    if (!answer || verdict.result === "pass" || shape.wantsError) return [];
    if (!answer.error) return this.#untried(verdict.cures ?? []);
    const status = answer.upstream?.status ?? answer.status;
    if (answer.unreachable || PASSING.has(status)) return [];
    const words = `${status} ${answer.upstream?.message ?? answer.error.message}`;
    const fitting = (shape.cures ?? []).filter(({ when }) => !when || when.test(words))
      .map(({ quirks }) => quirks);
    // The translators know the words of refusals best, where the profile lets them act.
    return this.#untried([{ learn: true }, ...fitting]);
  }

  #untried(candidates: readonly Quirks[]): readonly Quirks[] {
    const known = this.#known();
    return candidates.filter((quirks) => isNew(quirks, known));
  }

  #adopt(proven: Quirks | undefined): void {
    if (!proven) return;
    this.#quirks = { ...this.#quirks, ...proven };
    this.#gateway = this.#open(this.#quirks, this.#examination.target);
  }

  #known(): Quirks {
    return { ...this.#profile, ...this.#quirks };
  }

  #open(quirks: Quirks, target: Target): ProbeGateway {
    const { config, model } = this.#examination;
    return new ProbeGateway(config, target, { model, quirks });
  }
}

/** A loss is never a pass, whatever the model made of the rest. */
function judge(shape: Shape, answer: Answer): Verdict {
  const { error, losses } = answer;
  if (error && !shape.wantsError) return { result: "failed", note: excerptOf(answer) };
  const verdict = shape.check(answer);
  return verdict.result === "pass" && losses.length > 0 && !shape.wantsError
    ? { ...verdict, result: "degraded" }
    : verdict;
}

function excerptOf({ status, error, upstream }: Answer): string {
  if (upstream && upstream.message !== "") return `${upstream.status} ${excerpt(upstream.message)}`;
  return `${status} ${error?.type}: ${excerpt(error?.message ?? "")}`;
}

function unsent(note: string): Finding {
  return { answer: undefined, verdict: { result: "skipped", note }, learned: {} };
}

function skippedRow({ name }: Shape, note: string): Row {
  return {
    name,
    result: "skipped",
    note,
    firstEventMs: undefined,
    totalMs: undefined,
    dropped: [],
    upstream: undefined,
    cure: [],
  };
}

/** True if nothing else can be answered either. */
function isDeadEnd({ status, upstream, unreachable }: Answer): boolean {
  const said = upstream?.status ?? status;
  return unreachable || PASSING.has(said) || [401, 403, 404].includes(said);
}

function isNew(quirks: Quirks, known: Quirks): boolean {
  return Object.entries(quirks).some(([name, value]) =>
    JSON.stringify(known[name as keyof Quirks]) !== JSON.stringify(value)
  );
}
