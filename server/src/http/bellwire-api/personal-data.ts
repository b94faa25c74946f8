import { Type } from "typebox";
import { recordAudit } from "#access/index.ts";
import { parseRowId } from "#platform/ids.ts";
import {
  createErasure,
  type Erasure,
  erasedWithinHours,
  exportPerson,
  findAccountOf,
  listErasures,
  pendingChoices,
  readErasure,
  sendDaysMax,
} from "#personal-data/index.ts";
import { Problem } from "../shared/problem.ts";
import {
  IdOf,
  Nullable,
  pageLimit,
  pageOf,
  pageQuery,
  parseCursor,
  representAs,
  representPage,
  Timestamp,
} from "./fields.ts";
import {
  created,
  download,
  operation,
  requireFound,
  type Call,
  type Operation,
  type OperationNeeds,
  type Reply,
} from "./operation.ts";

const pending = Type.Enum([...pendingChoices], {
  title: "PendingDeliveries",
  description:
    `Deliveries that have not ended. \`send\`: they are sent first, for at most ${sendDaysMax} days. \`cancel\`: they are ` +
    "cancelled, so receivers may not learn of the deletion. Unsent mails are deleted in both cases.",
});

const ErasureSchema = Type.Object(
  {
    id: Type.Integer(),
    account_id: Type.Integer(),
    user_id: Nullable(Type.Integer({ description: "Null if the whole account is erased." })),
    pending,
    state: Type.Enum(["waiting", "running", "done"], {
      title: "ErasureState",
      description: "`waiting`: for deliveries that are sent first.",
    }),
    events: Type.Integer({ description: "The number of erased events." }),
    error: Nullable(Type.String({ description: "The error of the last step, which is repeated." })),
    actor: Type.Object({ kind: Type.String(), user_id: Nullable(Type.Integer()) }, { title: "ErasureActor" }),
    created_at: Timestamp,
    send_until: Nullable(Type.String({ ...Timestamp, description: "Deliveries that still wait then are cancelled." })),
    finished_at: Nullable(Timestamp),
  },
  {
    title: "Erasure",
    description:
      `Removal of personal data. Ends within ${erasedWithinHours} hour, with \`send\` after the last delivery has ended. It is ` +
      "kept as a proof and contains only ids.",
  },
);

const toErasure = representAs(ErasureSchema);
export const representErasure = (erasure: Erasure) =>
  toErasure({ ...erasure, actor: { kind: erasure.actorKind, user_id: erasure.actorUserId } });

const conflicts = {
  "last admin": "The account would have no admin. Erase the account, or make another user an admin first.",
  running: "An erasure of it is running.",
} as const;

const params = Type.Object({ id: IdOf("the erasure") });

type Subject = { readonly accountId: number } | { readonly userId: number };

/** Streams the data of a subject, with an audit record. */
async function exportSubject(
  { pool, clock }: OperationNeeds,
  { provider, by, streamBody }: Call,
  subject: Subject,
): Promise<Reply<200>> {
  const requested = "userId" in subject ? { userId: subject.userId } : { accountId: subject.accountId };
  const accountId = requireFound(await findAccountOf(pool, provider.id, requested));
  const userId = "userId" in subject ? subject.userId : null;
  const name = userId === null ? `account-${accountId}` : `user-${userId}`;
  await pool.inTransaction((tx) =>
    recordAudit(tx, {
      providerId: provider.id,
      actor: by.actor,
      action: "personal_data.exported",
      subject: name.replace("-", "/"),
      detail: { accountId },
    }),
  );
  const parts = exportPerson(pool, { provider, accountId, userId }, clock.now());
  return download({ streamBody }, { name: `${name}.json`, type: "application/json", parts });
}

const exportResponse = {
  200: {
    description: "One JSON document.",
    content: { "application/json": { schema: Type.Record(Type.String(), Type.Unknown()) } },
  },
};
const exported =
  "Streamed: the current record, its history with the states of deliveries, mails without their texts, messages, sessions, log-ins " +
  "at identity providers and audit records. Credentials are left out. For admins only, and audited.";

export const personalDataOperations: readonly Operation[] = [
  operation({
    id: "createErasure",
    title: "Erase the personal data of an account or a user",
    description:
      "Deletes the account or the user first, if it exists. Then removes its data from events, stored bodies, responses of " +
      "receivers, mails, messages, audit records, exports and request bins. Ids, event types, times, sequence numbers and states stay. " +
      "It cannot be undone.",
    method: "POST",
    path: "/erasures",
    action: "administer-portal",
    body: Type.Object(
      {
        account_id: Type.Optional(IdOf("the account, deleted or not")),
        user_id: Type.Optional(IdOf("the user, deleted or not, instead of an account")),
        pending,
      },
      { title: "NewErasure", additionalProperties: false },
    ),
    responses: { 201: ErasureSchema },
    async handle({ pool }, { provider, by, body }) {
      const { account_id: accountId, user_id: userId } = body;
      const subject =
        userId !== undefined && accountId === undefined
          ? { userId }
          : accountId !== undefined && userId === undefined
            ? { accountId }
            : undefined;
      if (!subject) throw new Problem("invalid", { errors: { account_id: ["or user_id is required, and not both"] } });
      const outcome = await createErasure(pool, {
        provider,
        subject,
        pending: body.pending,
        by,
        follow: (tx, erasure) =>
          recordAudit(tx, {
            providerId: provider.id,
            actor: by.actor,
            action: "erasure.started",
            subject: `erasure/${erasure.id}`,
            detail: { accountId: erasure.accountId, userId: erasure.userId, pending: erasure.pending },
          }),
      });
      if (!outcome) {
        const [field, kind] = "userId" in subject ? ["user_id", "user"] : ["account_id", "account"];
        throw new Problem("invalid", { errors: { [field]: [`is no ${kind} of yours`] } });
      }
      if ("notAllowed" in outcome) throw new Problem("conflict", { detail: conflicts[outcome.notAllowed] });
      return created(`/erasures/${outcome.erasure.id}`, representErasure(outcome.erasure));
    },
  }),
  operation({
    id: "listErasures",
    title: "List the erasures, newest first",
    description: "Running and ended ones. They are kept with the provider.",
    method: "GET",
    path: "/erasures",
    action: "read-audit",
    query: Type.Object(pageQuery),
    responses: { 200: pageOf(ErasureSchema) },
    async handle({ pool }, { provider, query: { limit = pageLimit, after } }) {
      const beforeId = parseCursor(after, parseRowId);
      const erasures = await listErasures(pool, { providerId: provider.id, beforeId, limit: limit + 1 });
      return representPage(erasures, limit, { represent: representErasure, cursorOf: ({ id }) => String(id) });
    },
  }),
  operation({
    id: "readErasure",
    title: "Read the progress of an erasure",
    description: "`finished_at` is the time from which no table contains the data.",
    method: "GET",
    path: "/erasures/{id}",
    action: "read-audit",
    params,
    responses: { 200: ErasureSchema },
    async handle({ pool }, { provider, params: { id } }) {
      return representErasure(requireFound(await readErasure(pool, provider.id, id)));
    },
  }),
  operation({
    id: "exportAccount",
    title: "Export the data about an account",
    description: exported,
    method: "GET",
    path: "/accounts/{id}/export",
    action: "read-audit",
    params: Type.Object({ id: IdOf("the account, deleted or not") }),
    responses: exportResponse,
    handle: (needs, call) => exportSubject(needs, call, { accountId: call.params.id }),
  }),
  operation({
    id: "exportUser",
    title: "Export the data about a user",
    description: exported,
    method: "GET",
    path: "/users/{id}/export",
    action: "read-audit",
    params: Type.Object({ id: IdOf("the user, deleted or not") }),
    responses: exportResponse,
    handle: (needs, call) => exportSubject(needs, call, { userId: call.params.id }),
  }),
];
