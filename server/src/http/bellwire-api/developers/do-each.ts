import type { FastifyBaseLogger } from "fastify";
import { problemOfError } from "#http/shared/error-answers.ts";
import { Problem } from "#http/shared/problem.ts";
import { type Outcome, assertDone } from "./assert-done.ts";
import type { BulkOutcome } from "./bulk-operations.ts";

/**
 * Does something with each of them, one after another, and tells for each whether it was done or why not. Once the database
 * is away or full, the rest is not tried: each would wait for it in vain.
 */
export async function doEach(
  ids: readonly number[],
  log: FastifyBaseLogger,
  doOne: (id: number) => Promise<Outcome | undefined>,
): Promise<BulkOutcome[]> {
  const outcomes: BulkOutcome[] = [];
  let trouble: Problem | undefined;
  for (const id of new Set(ids)) {
    const problem = trouble ?? (await problemOf(() => doOne(id)));
    if (problem && problem !== trouble && problem.status >= 500) log.error({ err: problem }, "request failed");
    if (problem?.status === 503) trouble = problem;
    outcomes.push(problem ? notDone(id, problem) : { id, done: true });
  }
  return outcomes;
}

async function problemOf(act: () => Promise<Outcome | undefined>): Promise<Problem | undefined> {
  try {
    assertDone(await act());
    return undefined;
  } catch (error) {
    return problemOfError(error instanceof Error ? error : new Error(String(error)));
  }
}

export const notDone = (id: number, { code, message, errors }: Problem): BulkOutcome => ({
  id,
  done: false,
  code,
  title: message,
  ...(errors ? { errors: Object.fromEntries(Object.entries(errors).map(([name, says]) => [name, [...says]])) } : {}),
});

/** The plan that must be named where it is the point. */
export function planNamed(planId: number | undefined): number {
  if (planId === undefined) throw new Problem("invalid", { errors: { plan_id: ["is required"] } });
  return planId;
}
