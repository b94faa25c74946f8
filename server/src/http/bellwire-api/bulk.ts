import type { FastifyBaseLogger } from "fastify";
import { Type, type Static, type TProperties } from "typebox";
import { type Action, isInProductScope, type ProductScope } from "#access/index.ts";
import { type ListPage, type PageBounds, type Pool, stepsOf } from "#platform/database/database.ts";
import {
  applicationStates,
  applicationTarget,
  changeApplicationPlan,
  changeApplicationState,
  deleteApplication,
  readApplication,
  readApplicationNames,
  rejectApplication,
  searchApplications,
  type ApplicationChange,
  type ApplicationFilter,
} from "#portal/applications/index.ts";
import {
  type AccountFilter,
  accountStates,
  accountTarget,
  changeAccountPlan,
  changeAccountState,
  deleteAccount,
  findMessageByKey,
  messageErrors,
  readAccount,
  readAccountNames,
  searchAccounts,
  sendMessage,
  type AccountChange,
} from "#portal/accounts/index.ts";
import { textLimits } from "#platform/limits.ts";
import { requirePermission } from "../shared/admin-caller.ts";
import { Problem, problemOfError } from "../shared/problem.ts";
import { logInUrl, messageUrl, type Provider } from "#portal/providers/index.ts";
import { applicationChange } from "./developers.ts";
import { IdOf } from "./fields.ts";
import { operation, type OperationNeeds, requireDone, type Outcome } from "./operation.ts";

const idsMax = 200;

const idsOf = (object: string) =>
  Type.Array(IdOf(object), { minItems: 1, maxItems: idsMax, description: "Processed in this order." });
const plan_id = Type.Optional(IdOf("the new plan, with `change_plan`"));

const newMessage = Type.Optional(
  Type.Object(
    {
      key: Type.String({
        pattern: "^[!-~]{1,64}$",
        description:
          "Chosen by you for this message, for example a UUID. No account gets two messages with the same key, so a request can be " +
          "repeated, and an account with several applications gets one message.",
      }),
      subject: Type.String({ minLength: 1, maxLength: 255, description: "One line." }),
      body: Type.String({ minLength: 1, maxLength: textLimits.field.max, description: "Plain text." }),
    },
    {
      additionalProperties: false,
      description: "The message to the account, with `send_message`. The admins of the account also get it by email.",
    },
  ),
);

const text = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 255, description }));

const accountFilter = {
  state: Type.Optional(Type.Enum([...accountStates], { description: "Accounts in this state." })),
  query: text("A part of the organization's name, or of a user's name or email address, in any case."),
};

const applicationFilter = {
  state: Type.Optional(Type.Enum([...applicationStates], { description: "Applications in this state." })),
  service_id: Type.Optional(IdOf("a product")),
  plan_id: Type.Optional(IdOf("a plan")),
  name: text("A part of the application's name, in any case."),
  account_query: text("A part of the account's name, in any case."),
  user_key: text("The application's user key."),
};

const filterOf = <Filter extends TProperties>(filter: Filter) =>
  Type.Optional(
    Type.Object(filter, {
      additionalProperties: false,
      description: "What does not match this at its turn is not changed: its result has the code `no-longer-matching`.",
    }),
  );

const AccountSelectionSchema = Type.Object(
  {
    ids: idsOf("an account"),
    operation: Type.Enum([
      "approve",
      "make_pending",
      "reject",
      "suspend",
      "resume",
      "change_plan",
      "send_message",
      "delete",
    ]),
    plan_id,
    message: newMessage,
    filter: filterOf(accountFilter),
  },
  { title: "AccountSelection", additionalProperties: false },
);
type AccountSelection = Static<typeof AccountSelectionSchema>;

const ApplicationSelectionSchema = Type.Object(
  {
    ids: idsOf("an application"),
    operation: Type.Enum(["accept", "reject", "suspend", "resume", "change_plan", "send_message", "delete"]),
    plan_id,
    message: newMessage,
    filter: filterOf(applicationFilter),
  },
  { title: "ApplicationSelection", additionalProperties: false },
);
type ApplicationSelection = Static<typeof ApplicationSelectionSchema>;

const BulkOutcomeSchema = Type.Object(
  {
    id: Type.Integer(),
    done: Type.Boolean(),
    unchanged: Type.Optional(
      Type.Boolean({
        description:
          "It had the state, the plan or the message already, for example because of an earlier request whose response was lost.",
      }),
    ),
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

/** The parts of a bulk operation on one object. */
interface ObjectSteps {
  /** Throws the Problem that refuses all further objects: the caller may have lost the permission since the request began. */
  readonly requirePermitted: () => Promise<void>;
  /** Returns whether the object has the state, the plan or the message already. Undefined if there is no such object. */
  readonly isUnchanged: (id: number) => Promise<boolean | undefined>;
  /** Returns whether the object matches the filter of the request. */
  readonly matches: (id: number) => Promise<boolean>;
  readonly change: (id: number) => Promise<Outcome | undefined>;
}

/**
 * Changes one object after another and returns each outcome. After the first refusal because the database is away or full, or the caller
 * has lost the permission, the rest get the same answer without a try.
 */
async function changeEach(ids: readonly number[], log: FastifyBaseLogger, steps: ObjectSteps): Promise<BulkOutcome[]> {
  const outcomes: BulkOutcome[] = [];
  let refusal: Problem | undefined;
  for (const id of new Set(ids)) {
    const earlier = refusal;
    refusal ??= await steps.requirePermitted().then(() => undefined, asProblem);
    const { problem, isUnchanged } = refusal ? { problem: refusal, isUnchanged: false } : await changeOne(id, steps);
    if (problem && problem !== earlier && problem.status >= 500) log.error({ err: problem }, "request failed");
    if (problem?.status === 503) refusal = problem;
    const outcome = problem ? representRefusal(id, problem) : { id, done: true };
    outcomes.push(isUnchanged ? { ...outcome, unchanged: true } : outcome);
  }
  return outcomes;
}

const asProblem = (error: unknown): Problem =>
  problemOfError(error instanceof Error ? error : new Error(String(error)));

/**
 * An unchanged object may have left the filter by the change itself, in a request whose response was lost. That one may still be
 * running, so a refused object is read again.
 */
async function changeOne(
  id: number,
  { isUnchanged, matches, change }: ObjectSteps,
): Promise<{ readonly problem?: Problem; readonly isUnchanged: boolean }> {
  try {
    const wasUnchanged = await isUnchanged(id);
    if (wasUnchanged === undefined) throw new Problem("not-found");
    if (!wasUnchanged && !(await matches(id))) throw new Problem("no-longer-matching");
    requireDone(await change(id));
    return { isUnchanged: wasUnchanged };
  } catch (error) {
    const problem = asProblem(error);
    const isNow = problem.status < 500 && (await isUnchanged(id).catch(() => false));
    return { problem, isUnchanged: isNow === true };
  }
}

function requirePlan(planId: number | undefined): number {
  if (planId === undefined) throw new Problem("invalid", { errors: { plan_id: ["is required"] } });
  return planId;
}

/** Returns the message to each account. Refuses one that is wrong for all of them. */
function requireMessage(
  needs: OperationNeeds,
  provider: Provider,
  { message: sent }: Pick<AccountSelection, "message">,
): Pick<Parameters<typeof sendMessage>[1], "sender" | "values" | "key" | "urlOf"> {
  if (!sent) throw new Problem("invalid", { errors: { message: ["is required"] } });
  const { key, ...values } = sent;
  const wrong = Object.entries(messageErrors(values)).filter(([, sentences]) => sentences.length > 0);
  const errors = Object.fromEntries(wrong.map(([name, sentences]) => [`message.${name}`, sentences]));
  if (wrong.length > 0) throw new Problem("invalid", { errors });
  return { sender: "provider", values, key, urlOf: messageUrl(needs, provider) };
}

const responses = {
  200: Type.Object({
    data: Type.Array(BulkOutcomeSchema, { description: "One result per id, in the order of the request." }),
  }),
};
const isolation =
  "Processes them one after another, each in its own transaction. A failure of one does not stop the others, and the response " +
  "has the result of each. If the caller loses the permission meanwhile, the rest is refused. Safe to repeat after a lost response: what has the state, the plan or the message already is not changed again.";

/** The same actions as for a single account. */
const accountActions = {
  approve: "administer-portal",
  make_pending: "change-portal",
  reject: "administer-portal",
  suspend: "administer-portal",
  resume: "administer-portal",
  change_plan: "change-portal",
  send_message: "change-portal",
  delete: "administer-portal",
} as const satisfies Record<AccountSelection["operation"], Action>;

export const bulkAccounts = operation({
  id: "changeManyAccounts",
  title: "Apply an operation to up to 200 accounts",
  description: `${isolation} Members may make accounts pending, change their plans and send messages; other operations need an admin.`,
  method: "POST",
  path: "/accounts/bulk",
  action: "change-portal",
  body: AccountSelectionSchema,
  responses,
  async handle(needs, { provider, caller, by, body, request, callerNow }) {
    const { pool, clock } = needs;
    requirePermission(caller, accountActions[body.operation], provider);
    const change = accountChangeOf({ ...needs, pool: stepsOf(pool) }, provider, body);
    const data = await changeEach(body.ids, request.log, {
      requirePermitted: async () => requirePermission(await callerNow(), accountActions[body.operation], provider),
      isUnchanged: (id) => hasAccountTarget(pool, { providerId: provider.id, id }, body),
      matches: async (id) =>
        !body.filter ||
        isFound(await searchAccounts(pool, provider.id, { ...accountFilterOf(body.filter), ids: [id] }, one)),
      change: (accountId) => change({ provider, accountId, by: { ...by, now: clock.now() } }),
    });
    return { data };
  },
});

const one = { limit: 1, offset: 0 };
const isFound = ({ ids }: ListPage): boolean => ids.length > 0;

const accountFilterOf = ({ state, query }: NonNullable<AccountSelection["filter"]>): AccountFilter => ({
  state,
  query: query?.trim() || undefined,
});

interface ObjectReference {
  readonly providerId: number;
  readonly id: number;
}

async function hasAccountTarget(
  pool: Pool,
  { providerId, id }: ObjectReference,
  { operation: transition, plan_id: planId, message }: AccountSelection,
): Promise<boolean | undefined> {
  const account = await readAccount(pool, providerId, id);
  if (!account) return undefined;
  if (transition === "delete") return false;
  if (transition === "send_message")
    return (await findMessageByKey(pool, { providerId, accountId: id, key: message?.key ?? "" })) !== undefined;
  return transition === "change_plan" ? account.planId === planId : account.state === accountTarget(transition);
}

function accountChangeOf(
  needs: OperationNeeds,
  provider: Provider,
  selection: AccountSelection,
): (change: AccountChange) => Promise<Outcome | undefined> {
  const { pool } = needs;
  const { operation: transition } = selection;
  if (transition === "delete") return (change) => deleteAccount(pool, change);
  if (transition === "send_message") {
    const toEach = requireMessage(needs, provider, selection);
    return (change) => sendMessage(pool, { ...change, ...toEach });
  }
  if (transition === "change_plan") {
    const planId = requirePlan(selection.plan_id);
    return (change) => changeAccountPlan(pool, { ...change, planId });
  }
  const url = logInUrl(needs, provider);
  return (change) => changeAccountState(pool, { ...change, transition, logInUrl: url });
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
  async handle(needs, { provider, caller, by, body, request, callerNow }) {
    const { pool, clock } = needs;
    let { productScope } = caller;
    const change = applicationChangeOf({ ...needs, pool: stepsOf(pool) }, provider, body);
    const data = await changeEach(body.ids, request.log, {
      requirePermitted: async () => {
        ({ productScope } = await callerNow());
      },
      isUnchanged: (id) => hasApplicationTarget(pool, { providerId: provider.id, id, productScope }, body),
      matches: async (id) => {
        if (!body.filter) return true;
        const filter = { ...applicationFilterOf(body.filter), productScope, ids: [id] };
        return isFound(await searchApplications(pool, provider.id, filter, one));
      },
      change: async (id) =>
        change(await applicationChange(needs, { provider, by: { ...by, productScope, now: clock.now() } }, id)),
    });
    return { data };
  },
});

const writer = "program";

const applicationFilterOf = (filter: NonNullable<ApplicationSelection["filter"]>): ApplicationFilter => ({
  state: filter.state,
  productId: filter.service_id,
  planId: filter.plan_id,
  name: filter.name?.trim() || undefined,
  accountQuery: filter.account_query?.trim() || undefined,
  userKey: filter.user_key,
});

async function hasApplicationTarget(
  pool: Pool,
  { providerId, id, productScope }: ObjectReference & { readonly productScope: ProductScope },
  { operation: transition, plan_id: planId, message }: ApplicationSelection,
): Promise<boolean | undefined> {
  const application = await readApplication(pool, providerId, id);
  if (!application || !isInProductScope(productScope, application.product.id)) return undefined;
  const { accountId } = application;
  if (transition === "delete" || transition === "reject") return false;
  if (transition === "send_message")
    return (await findMessageByKey(pool, { providerId, accountId, key: message?.key ?? "" })) !== undefined;
  return transition === "change_plan"
    ? application.plan.id === planId
    : application.state === applicationTarget(transition);
}

function applicationChangeOf(
  needs: OperationNeeds,
  provider: Provider,
  selection: ApplicationSelection,
): (change: ApplicationChange) => Promise<Outcome | undefined> {
  const { pool } = needs;
  const { operation: transition } = selection;
  if (transition === "delete") return (change) => deleteApplication(pool, { ...change, writer });
  if (transition === "reject") return (change) => rejectApplication(pool, { ...change, reason: "" });
  if (transition === "send_message") {
    const toEach = requireMessage(needs, provider, selection);
    return (change) => sendMessage(pool, { ...change, ...toEach });
  }
  if (transition === "change_plan") {
    const planId = requirePlan(selection.plan_id);
    return (change) => changeApplicationPlan(pool, { ...change, planId, writer });
  }
  return (change) => changeApplicationState(pool, { ...change, transition });
}

// The objects that a bulk operation may reach

/** About a megabyte of names. */
const matchingMax = 20_000;

const NameSchema = Type.Object({ id: Type.Integer(), name: Type.String() });
const ApplicationNameSchema = Type.Object({ ...NameSchema.properties, org_name: Type.String() });

/** Reads the names of the rows of one snapshot, so that the number is exact. */
async function readMatching<Row>(
  search: (bounds: PageBounds) => Promise<ListPage>,
  readNames: (ids: readonly number[]) => Promise<Row[]>,
): Promise<Row[]> {
  const { ids } = await search({ limit: matchingMax + 1, offset: 0 });
  if (ids.length <= matchingMax) return readNames(ids);
  throw new Problem("invalid", { errors: { base: [`More than ${matchingMax} match. Use a narrower filter.`] } });
}

const matchingDescription = `For a bulk operation on all of them, in requests with these ids and the same filter. At most ${matchingMax}.`;

export const matchingAccounts = operation({
  id: "listMatchingAccounts",
  title: "List the ids and names of all accounts that match, oldest first",
  description: matchingDescription,
  method: "GET",
  path: "/accounts/matching",
  action: "read-portal",
  query: Type.Object(accountFilter),
  responses: { 200: Type.Object({ data: Type.Array(NameSchema) }) },
  async handle({ pool }, { provider, query }) {
    const data = await readMatching(
      (bounds) => searchAccounts(pool, provider.id, accountFilterOf(query), bounds),
      (ids) => readAccountNames(pool, provider.id, ids),
    );
    return { data };
  },
});

export const matchingApplications = operation({
  id: "listMatchingApplications",
  title: "List the ids and names of all applications that match, oldest first",
  description: matchingDescription,
  method: "GET",
  path: "/applications/matching",
  action: "read-portal",
  query: Type.Object(applicationFilter),
  responses: { 200: Type.Object({ data: Type.Array(ApplicationNameSchema) }) },
  async handle({ pool }, { provider, caller: { productScope }, query }) {
    const data = await readMatching(
      (bounds) => searchApplications(pool, provider.id, { ...applicationFilterOf(query), productScope }, bounds),
      (ids) => readApplicationNames(pool, provider.id, ids),
    );
    return { data: data.map(({ id, name, orgName }) => ({ id, name, org_name: orgName })) };
  },
});
