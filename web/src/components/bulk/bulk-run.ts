import { ApiProblem, errorMessage, isServerAway } from "../../api/api-problem.ts";
import type { BellwireSchemas } from "../../api/bellwire-client.ts";

export type BulkOutcome = BellwireSchemas["BulkOutcome"];

export interface Selected {
  readonly id: number;
  readonly name: string;
}

/** An object that was not changed, and the reason. */
export interface Refused extends Selected {
  readonly code: string;
  readonly why: string;
}

/** How far an operation on many objects has come. */
export interface BulkReport {
  readonly total: number;
  /** The ids that were changed. */
  readonly done: readonly number[];
  /** These had the state or the plan already. */
  readonly unchanged: readonly number[];
  readonly refused: readonly Refused[];
  /** Not tried, or without a response. */
  readonly rest: readonly Selected[];
  /** The first of the rest were sent, but their response was lost: they may have been changed. */
  readonly unsureCount: number;
  /** Why the operation stopped before its end. */
  readonly problem?: string;
}

export const startReport = (selected: readonly Selected[]): BulkReport => ({
  total: selected.length,
  done: [],
  unchanged: [],
  refused: [],
  rest: selected,
  unsureCount: 0,
});

/** Returns how many objects have a result. */
export const triedCount = ({ total, rest }: BulkReport): number => total - rest.length;

/** These have left the selection, so another try would not reach them. */
const leftCodes: ReadonlySet<string> = new Set(["not-found", "no-longer-matching"]);

/** Moves the objects that could not be changed back to the rest, except for those that have left the selection. */
export function retryRefused(report: BulkReport): BulkReport {
  const again = report.refused.filter(({ code }) => !leftCodes.has(code));
  return {
    ...report,
    refused: report.refused.filter(({ code }) => leftCodes.has(code)),
    rest: [...report.rest, ...again],
  };
}

export const retriedCount = ({ refused }: BulkReport): number =>
  refused.filter(({ code }) => !leftCodes.has(code)).length;

/** The database is away or full, or the provider is moving: the same would happen to all others. */
const unavailableCodes: ReadonlySet<string> = new Set(["database-away", "database-full", "provider-moving"]);

/** Adds the outcomes of the first objects of the rest. A deleted one is what a deletion wants. */
function withOutcomes(report: BulkReport, outcomes: readonly BulkOutcome[], isDeletion: boolean): BulkReport {
  const outcomeOf = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
  const done: number[] = [];
  const refused: Refused[] = [];
  const again: Selected[] = [];
  const unchanged: number[] = [];
  let unsureCount = 0;
  let problem: string | undefined;
  for (const object of report.rest.slice(0, partMax)) {
    const outcome = outcomeOf.get(object.id);
    const code = outcome?.code ?? "";
    if (!outcome || unavailableCodes.has(code)) {
      again.push(object);
      problem ??= new ApiProblem(503, outcome).message;
      if (code === "database-away") unsureCount = again.length;
    } else if (outcome.unchanged || (isDeletion && code === "not-found")) unchanged.push(object.id);
    else if (outcome.done) done.push(object.id);
    else refused.push({ id: object.id, name: object.name, code, why: new ApiProblem(422, outcome).message });
  }
  return {
    total: report.total,
    done: [...report.done, ...done],
    unchanged: [...report.unchanged, ...unchanged],
    refused: [...report.refused, ...refused],
    rest: [...again, ...report.rest.slice(partMax)],
    unsureCount: unsureCount + Math.max(0, report.unsureCount - partMax),
    ...(problem !== undefined && { problem }),
  };
}

/** One request has this many objects, so that the progress moves, a stop takes effect soon, and a lost response concerns few. */
const partMax = 25;

export interface BulkRun {
  readonly isDeletion: boolean;
  readonly act: (ids: number[]) => Promise<readonly BulkOutcome[]>;
  readonly isStopped: () => boolean;
  readonly onProgress: (report: BulkReport) => void;
}

/**
 * Sends one part of the rest after another until all have an outcome, the person stops, or a request fails. Safe to continue: the
 * server changes none twice.
 */
export async function runBulk(start: BulkReport, run: BulkRun): Promise<BulkReport> {
  const { problem: _, ...resumed } = start;
  let report: BulkReport = resumed;
  while (report.rest.length > 0 && report.problem === undefined && !run.isStopped()) {
    const part = report.rest.slice(0, partMax);
    try {
      report = withOutcomes(report, await run.act(part.map(({ id }) => id)), run.isDeletion);
    } catch (error) {
      return withFailure(report, part.length, error);
    }
    run.onProgress(report);
  }
  return report;
}

/** A request that the server has refused as a whole changed nothing. Any other failure may have come after the change. */
function withFailure(report: BulkReport, sentCount: number, error: unknown): BulkReport {
  const isRefused = error instanceof ApiProblem && error.status < 500;
  const isAway = isServerAway(error) || !(error instanceof ApiProblem);
  return {
    ...report,
    unsureCount: isRefused ? report.unsureCount : Math.max(sentCount, report.unsureCount),
    problem: isAway ? "The server did not respond." : errorMessage(error),
  };
}
