import type { FastifyBaseLogger } from "fastify";
import { Type, type Static } from "typebox";
import type { Action } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import {
  changeApplicationPlan,
  changeApplicationState,
  deleteApplication,
  rejectApplication,
  type ApplicationChange,
} from "#portal/applications/index.ts";
import { changeAccountPlan, changeAccountState, deleteAccount, type AccountChange } from "#portal/accounts/index.ts";
import { requirePermission } from "../shared/admin-caller.ts";
import { Problem, problemOfError } from "../shared/problem.ts";
import { logInUrl } from "#portal/providers/index.ts";
import { applicationChange, requireDone, type Outcome } from "./developers.ts";
import { IdOf } from "./fields.ts";
import { operation } from "./operation.ts";

const idsMax = 200;

const idsOf = (object: string) =>
  Type.Array(IdOf(object), { minItems: 1, maxItems: idsMax, description: "Processed in this order." });
const plan_id = Type.Optional(IdOf("the new plan, with `change_plan`"));

const AccountSelectionSchema = Type.Object(
  {
    ids: idsOf("an account"),
    operation: Type.Enum(["approve", "make_pending", "reject", "suspend", "resume", "change_plan", "delete"]),
    plan_id,
  },
  { title: "AccountSelection", additionalProperties: false },
);
type AccountSelection = Static<typeof AccountSelectionSchema>;

const ApplicationSelectionSchema = Type.Object(
  {
    ids: idsOf("an application"),
    operation: Type.Enum(["accept", "reject", "suspend", "resume", "change_plan", "delete"]),
    plan_id,
  },
  { title: "ApplicationSelection", additionalProperties: false },
);
type ApplicationSelection = Static<typeof ApplicationSelectionSchema>;

const BulkOutcomeSchema = Type.Object(
  {
    id: Type.Integer(),
    done: Type.Boolean(),
    code: Type.Optional(Type.String({ description: "The code of the error, as in a Problem." })),
    title: Type.Optional(Type.String({ description: "Describes the error." })),
    errors: Type.Optional(
      Type.Record(Type.String(), Type.Array(Type.String()), {
        description: "What is wrong, by field. Only with the code `invalid`.",
      }),
    ),
  },
  { title: "BulkOutcome", description: "The result for one object: done, or the error." },
);
type BulkOutcome = Static<typeof BulkOutcomeSchema>;

export const representRefusal = (id: number, { code, message, errors }: Problem): BulkOutcome => ({
  id,
  done: false,
  code,
  title: message,
  ...(errors
    ? { errors: Object.fromEntries(Object.entries(errors).map(([name, sentences]) => [name, [...sentences]])) }
    : {}),
});

/**
 * Changes one object after another and returns each outcome. After the first refusal because the database is away or full, the
 * rest get the same answer without a try, since each would wait in vain.
 */
async function changeEach(
  ids: readonly number[],
  log: FastifyBaseLogger,
  change: (id: number) => Promise<Outcome | undefined>,
): Promise<BulkOutcome[]> {
  const outcomes: BulkOutcome[] = [];
  let unavailable: Problem | undefined;
  for (const id of new Set(ids)) {
    const problem = unavailable ?? (await problemOfChange(() => change(id)));
    if (problem && problem !== unavailable && problem.status >= 500) log.error({ err: problem }, "request failed");
    if (problem?.status === 503) unavailable = problem;
    outcomes.push(problem ? representRefusal(id, problem) : { id, done: true });
  }
  return outcomes;
}

async function problemOfChange(change: () => Promise<Outcome | undefined>): Promise<Problem | undefined> {
  try {
    requireDone(await change());
    return undefined;
  } catch (error) {
    return problemOfError(error instanceof Error ? error : new Error(String(error)));
  }
}

function requirePlan(planId: number | undefined): number {
  if (planId === undefined) throw new Problem("invalid", { errors: { plan_id: ["is required"] } });
  return planId;
}

const responses = {
  200: Type.Object({
    data: Type.Array(BulkOutcomeSchema, { description: "One result per id, in the order of the request." }),
  }),
};
const isolation =
  "Processes them one after another, each in its own transaction. A failure of one does not stop the others, and the response " +
  "has the result of each.";

/** The same actions as for a single account. */
const accountActions = {
  approve: "administer-portal",
  make_pending: "change-portal",
  reject: "administer-portal",
  suspend: "administer-portal",
  resume: "administer-portal",
  change_plan: "change-portal",
  delete: "administer-portal",
} as const satisfies Record<AccountSelection["operation"], Action>;

export const bulkAccounts = operation({
  id: "changeManyAccounts",
  title: "Apply an operation to up to 200 accounts",
  description: `${isolation} Members may make accounts pending and change their plans; other operations need an admin.`,
  method: "POST",
  path: "/accounts/bulk",
  action: "change-portal",
  body: AccountSelectionSchema,
  responses,
  async handle(needs, { provider, caller, by, body, request }) {
    const { pool, clock } = needs;
    requirePermission(caller, accountActions[body.operation], provider);
    const change = accountChangeOf(pool, { ...body, logInUrl: logInUrl(needs, provider) });
    const data = await changeEach(body.ids, request.log, (accountId) =>
      change({ provider, accountId, by: { ...by, now: clock.now() } }),
    );
    return { data };
  },
});

function accountChangeOf(
  pool: Pool,
  { operation: transition, plan_id: plan, logInUrl: url }: AccountSelection & { readonly logInUrl: string },
): (change: AccountChange) => Promise<Outcome | undefined> {
  if (transition === "delete") return (change) => deleteAccount(pool, change);
  if (transition !== "change_plan")
    return (change) => changeAccountState(pool, { ...change, transition, logInUrl: url });
  const planId = requirePlan(plan);
  return (change) => changeAccountPlan(pool, { ...change, planId });
}

export const bulkApplications = operation({
  id: "changeManyApplications",
  title: "Apply an operation to up to 200 applications",
  description: `${isolation} Rejecting deletes an application and notifies the admins of its account.`,
  method: "POST",
  path: "/applications/bulk",
  action: "change-portal",
  body: ApplicationSelectionSchema,
  responses,
  async handle(needs, { provider, by, body, request }) {
    const change = applicationChangeOf(needs.pool, body);
    const data = await changeEach(body.ids, request.log, async (id) =>
      change(await applicationChange(needs, { provider, by: { ...by, now: needs.clock.now() } }, id)),
    );
    return { data };
  },
});

const writer = "program";

function applicationChangeOf(
  pool: Pool,
  { operation: transition, plan_id: plan }: ApplicationSelection,
): (change: ApplicationChange) => Promise<Outcome | undefined> {
  if (transition === "delete") return (change) => deleteApplication(pool, { ...change, writer });
  if (transition === "reject") return (change) => rejectApplication(pool, { ...change, reason: "" });
  if (transition !== "change_plan") return (change) => changeApplicationState(pool, { ...change, transition });
  const planId = requirePlan(plan);
  return (change) => changeApplicationPlan(pool, { ...change, planId, writer });
}
