import { idPattern, parseRowId } from "#platform/ids.ts";
import { Type, type Static } from "typebox";
import { type DatabaseSwitches, readDatabaseSwitches, switchWarningMs } from "#platform/database/failover.ts";
import { changeLimits, countLimits, developerLimits } from "#platform/limits.ts";
import { daysAfter, exampleTime, isoTime, laterExampleTime } from "#platform/times.ts";
import { listMails, mailStates } from "#portal/mails/index.ts";
import {
  type AuditFilter,
  developerUsageOf,
  endOtherSessions,
  endOwnSession,
  exportAuditRecords,
  listAuditRecords,
  type ListedSession,
  listSessions,
  readUsage,
  recordAudit,
  type StoredAuditRecord,
} from "#access/index.ts";
import { renderCsv } from "#webhooks/jobs/index.ts";
import { Moment, several } from "#webhooks/search/index.ts";
import {
  IdOf,
  Nullable,
  pageLimit,
  pageQuery,
  parseCursor,
  parseMoments,
  parseQueryWords,
  representAs,
  representFoundPage,
  searchDeadline,
  searchedPageOf,
  Timestamp,
  Words,
} from "./fields.ts";
import { readSessionCookie } from "../shared/sign-in.ts";
import { Problem } from "../shared/problem.ts";
import {
  type Call,
  download,
  downloadQuery,
  noContent,
  noContentResponse,
  operation,
  type Operation,
} from "./operation.ts";

const AuditRecordSchema = Type.Object(
  {
    id: Type.Integer(),
    at: Timestamp,
    actor: Type.Object(
      {
        kind: Type.Enum(["admin", "token", "key", "system"]),
        user_id: Nullable(Type.Integer({ description: "Null for `key` and `system`, which have no user." })),
        username: Nullable(Type.String({ description: "The current username. Null after the user was deleted." })),
      },
      { title: "AuditActor", description: "For a token, its owner." },
    ),
    action: Type.String({ description: "The action, such as `endpoint.changed`." }),
    subject: Type.String({ description: "The object of the action, such as `endpoint/3`." }),
    detail: Type.Unsafe<unknown>({
      ...Type.Record(Type.String(), Type.Unknown()),
      description: "Further details, such as the changed settings. Never contains secrets.",
    }),
  },
  { title: "AuditRecord", description: "An action on the provider's side." },
);

const toAuditRecord = representAs(AuditRecordSchema);
export const representAuditRecord = (record: StoredAuditRecord) =>
  toAuditRecord({
    ...record,
    actor: { kind: record.actorKind, user_id: record.actorId, username: record.actorName },
  });

const exportFormats = {
  csv: {
    type: "text/csv",
    header: "id,at,actor_kind,actor_user_id,actor_username,action,subject,detail\r\n",
    render: (records: readonly StoredAuditRecord[]): string =>
      renderCsv(
        records.map((auditRecord) => [
          auditRecord.id,
          auditRecord.at.toISOString(),
          auditRecord.actorKind,
          auditRecord.actorId,
          auditRecord.actorName,
          auditRecord.action,
          auditRecord.subject,
          auditRecord.detail,
        ]),
      ),
  },
  ndjson: {
    type: "application/x-ndjson",
    header: "",
    render: (records: readonly StoredAuditRecord[]): string =>
      records.map((auditRecord) => `${JSON.stringify(representAuditRecord(auditRecord))}\n`).join(""),
  },
} as const;

/** The filters of the list and of the download. */
const filterQuery = {
  q: Words("the action, the subject, the details or the actor's name"),
  action: several(
    Type.String({ pattern: String.raw`^[a-z_-]+\.(\*|[a-z_-]+)$`, maxLength: 100 }),
    "An action, or `endpoint.*` for all of endpoints.",
  ),
  subject: several(
    Type.String({ pattern: String.raw`^[a-z_-]+(/[\w.-]+)*$`, maxLength: 200 }),
    "The object of the action, such as `endpoint/3`, or `endpoint` for all endpoints.",
  ),
  actor: several(
    Type.String({ pattern: `^((admin|token)(:${idPattern})?|key|system)$` }),
    "The kind of actor, with or without the user's id: `admin:5`.",
  ),
  since: Type.Optional(Moment("Records from this time on")),
  until: Type.Optional(Moment("Records before this time")),
};

type FilterQuery = Static<ReturnType<typeof Type.Object<typeof filterQuery>>>;

const parseFilter = ({ q, action, subject, actor, ...span }: FilterQuery, now: Date): AuditFilter => ({
  words: parseQueryWords(q),
  actions: action,
  subjects: subject,
  actors: actor,
  ...parseMoments(span, ["since", "until"], now),
});

export const auditRecordOperations: readonly Operation[] = [
  operation({
    id: "listAuditRecords",
    title: "List audit records, newest first",
    description:
      "Changes of endpoints, settings, plans, fields, team members and tokens, and manual actions on deliveries, each with its " +
      "actor. Changes that cause an event are in the list of events. Actions of developers are not audited, even without an event: " +
      "the event names the user, and another service plan, for example, is mailed. A search for words ends after a second, and `next` " +
      "continues it. For admins only.",
    method: "GET",
    path: "/audit_records",
    action: "read-audit",
    query: Type.Object({
      ...pageQuery,
      ...filterQuery,
    }),
    responses: { 200: searchedPageOf(AuditRecordSchema) },
    async handle({ pool, clock }, { provider, query, now }) {
      const { limit = pageLimit, after, ...filter } = query;
      const found = await listAuditRecords(pool, provider.id, {
        ...parseFilter(filter, now),
        before: parseCursor(after, parseRowId),
        limit,
        isOver: searchDeadline(clock),
      });
      return representFoundPage(found, { represent: representAuditRecord, writeCursor: String });
    },
  }),
  operation({
    id: "exportAuditRecords",
    title: "Download audit records as CSV or NDJSON",
    description: "Streamed, the oldest first, with the filters of the list. The download is audited too.",
    method: "GET",
    path: "/audit_records/export",
    action: "read-audit",
    query: Type.Object({
      format: Type.Optional(Type.Enum(["csv", "ndjson"], { default: "csv", description: "One record per line." })),
      ...downloadQuery,
      ...filterQuery,
    }),
    responses: {
      200: {
        description: "The whole file.",
        content: { "text/csv": { schema: Type.String() }, "application/x-ndjson": { schema: Type.String() } },
      },
    },
    async handle({ pool }, { provider, by, query, now, streamBody }) {
      const { format = "csv", byte_order_mark: _mark, ...filterOfQuery } = query;
      const { since: _since, until: _until, ...written } = filterOfQuery;
      const filter = parseFilter(filterOfQuery, now);
      const { type, header, render } = exportFormats[format];
      await pool.inTransaction((tx) =>
        recordAudit(tx, {
          providerId: provider.id,
          actor: by.actor,
          action: "audit.exported",
          subject: `provider/${provider.id}`,
          // Under the name by which an erasure finds what people wrote.
          detail: { format, since: filter.since, until: filter.until, filter: written },
        }),
      );
      async function* lines(): AsyncGenerator<string, void> {
        if (header !== "") yield header;
        for await (const batch of exportAuditRecords(pool, provider.id, filter)) yield render(batch);
      }
      return download({ streamBody }, { name: `audit-records.${format}`, type, parts: lines(), query });
    },
  }),
];

const MailSchema = Type.Object(
  {
    id: Type.Integer(),
    state: Type.Enum([...mailStates], {
      description:
        "A waiting mail is tried for three days. A failed one is not tried again: they are over, or the mail server says that the address does not exist.",
    }),
    recipient: Type.String(),
    subject: Type.String(),
    text: Type.String({ description: "Plain text. Its links are valid." }),
    created_at: Timestamp,
    sent_at: Nullable(Timestamp),
    attempts_made: Type.Integer(),
    last_error: Nullable(Type.String({ description: "The response of the mail server to the last attempt." })),
  },
  { title: "Mail", description: "A mail to a developer or an admin. Without a mail server, mails stay in this list." },
);

const representMail = representAs(MailSchema);

export const exampleMail = representMail({
  id: 91,
  state: "sent",
  recipient: "mira@harbour.example",
  subject: "Your application was rejected",
  text: "Your application Ferry times was rejected.",
  createdAt: exampleTime,
  sentAt: laterExampleTime,
  attemptsMade: 1,
  lastError: null,
});

export const mailOperations: readonly Operation[] = [
  operation({
    id: "listMails",
    title: "List the mails, newest first",
    description:
      "With their texts and states. A search for words ends after a second, and `next` continues it. For admins only, because links " +
      "in mails give access to accounts.",
    method: "GET",
    path: "/mails",
    // The links in mails open accounts, so members and read-only tokens may not read them.
    action: "administer-portal",
    query: Type.Object({
      ...pageQuery,
      q: Words("the recipient or the subject"),
      state: several(Type.Enum([...mailStates]), "Mails in this state."),
      account_id: Type.Optional(IdOf("the account that the mail is about")),
      since: Type.Optional(Moment("Mails from this time on")),
      until: Type.Optional(Moment("Mails before this time")),
    }),
    responses: { 200: searchedPageOf(MailSchema) },
    async handle(
      { pool, clock },
      { provider, query: { limit = pageLimit, after, q, state, account_id, ...span }, now },
    ) {
      const found = await listMails(pool, provider.id, {
        words: parseQueryWords(q),
        states: state,
        accountId: account_id,
        ...parseMoments(span, ["since", "until"], now),
        before: parseCursor(after, parseRowId),
        limit,
        isOver: searchDeadline(clock),
      });
      return representFoundPage(found, { represent: representMail, writeCursor: String });
    },
  }),
];

// Limits and notices

const LimitSchema = Type.Object(
  {
    name: Type.String({ description: "The name of the limit in docs/reference/limits.md." }),
    of: Type.Enum(["provider", "account", "user", "plan"], {
      description: "The kind of object that the limit applies to.",
    }),
    max: Type.Integer({ description: "The maximum number." }),
    used: Nullable(
      Type.Integer({ description: "The number that the provider has. Null if the limit applies to other objects." }),
    ),
  },
  { title: "Limit", description: "The maximum number of objects of a kind." },
);

export const exampleLimit = {
  name: countLimits.endpoints.name,
  of: "provider",
  max: countLimits.endpoints.max,
  used: 3,
};

const providerLimitsStatement = "select limits from providers where id = $1";

export const limitOperations: readonly Operation[] = [
  operation({
    id: "listLimits",
    title: "List the limits",
    description: "The maximum numbers and those that the provider has. The operator can change the limits.",
    method: "GET",
    path: "/limits",
    action: "read-provider",
    responses: { 200: Type.Object({ data: Type.Array(LimitSchema) }, { description: "The limits." }) },
    async handle({ pool, clock }, { provider: { id: providerId } }) {
      const [row] = await pool.query<{ limits: Readonly<Record<string, number>> }>(providerLimitsStatement, [
        providerId,
      ]);
      const maxOf = ({ name, max }: { readonly name: string; readonly max: number }): number =>
        row?.limits[name] ?? max;
      const counts = Object.values(countLimits).map(async (limit) => {
        const { name, of } = limit;
        const used = of === "provider" ? (await readUsage(pool, limit, { providerId })).used : null;
        return { name, of, max: maxOf(limit), used };
      });
      const changes = Object.values(changeLimits).map((limit) => {
        return { name: limit.name, of: "account" as const, max: maxOf(limit), used: null };
      });
      const usage = developerUsageOf(pool, providerId);
      await usage.share({ pool, clock });
      const developers = Object.values(developerLimits).map((limit) => {
        const { used } = usage.read(limit, clock.now());
        return { name: limit.name, of: "provider" as const, max: maxOf(limit), used };
      });
      return { data: [...(await Promise.all(counts)), ...changes, ...developers] };
    },
  }),
];

const NoticeSchema = Type.Object(
  {
    kind: Type.Enum(["changes_may_be_lost", "held_after_restore"], {
      description:
        "changes_may_be_lost: after a failover or a restore, the database continued from an earlier state. held_after_restore: deliveries, mails and jobs from before a restore wait for the operator.",
    }),
    at: Type.String({ ...Timestamp, description: "When the database was first used in this state." }),
    until: Nullable(
      Type.String({
        ...Timestamp,
        description: "When the notice disappears. Null: when the operator resumes what is held.",
      }),
    ),
  },
  { title: "Notice", description: "A notice about the installation for admins." },
);

export const exampleNotice = {
  kind: "changes_may_be_lost",
  at: "2026-02-03T04:05:06.789Z",
  until: "2026-02-04T04:05:06.789Z",
};

/** Returns the notices about a database, the most urgent one first. */
function noticesOf({ at, heldAt }: Pick<DatabaseSwitches, "at" | "heldAt">, now: Date) {
  const untilMs = at ? at.getTime() + switchWarningMs : 0;
  return [
    ...(heldAt ? [{ kind: "held_after_restore", at: heldAt.toISOString(), until: null } as const] : []),
    ...(at && untilMs > now.getTime()
      ? [{ kind: "changes_may_be_lost", at: at.toISOString(), until: isoTime(untilMs) } as const]
      : []),
  ];
}

export const noticeOperations: readonly Operation[] = [
  operation({
    id: "listNotices",
    title: "List the notices about the installation",
    description: "The same for all providers of a cell, and for the warnings of `/readyz`.",
    method: "GET",
    path: "/notices",
    action: "read-provider",
    responses: { 200: Type.Object({ data: Type.Array(NoticeSchema) }, { description: "The most urgent first." }) },
    async handle({ pool, clock }) {
      return { data: noticesOf(await readDatabaseSwitches(pool), clock.now()) };
    },
  }),
];

// Sessions

const SessionSchema = Type.Object(
  {
    id: Type.String({ description: "32 hexadecimal digits. It gives access to nothing." }),
    is_current: Type.Boolean({ description: "The session that sends this request." }),
    created_at: Type.String({ ...Timestamp, description: "When the user signed in." }),
    last_used_at: Nullable(
      Type.String({
        ...Timestamp,
        description: "To within five minutes. An open page of the Admin Portal uses its session. Null if unknown.",
      }),
    ),
    expires_at: Timestamp,
    browser: Nullable(
      Type.String({ description: "The browser that used it last, such as `Firefox`. Null if unknown." }),
    ),
    operating_system: Nullable(Type.String({ description: "Its system, such as `Windows`. Null if unknown." })),
    address: Nullable(Type.String({ description: "The IP address that used it last. Null if unknown." })),
  },
  { title: "Session", description: "A browser in which the user is signed in to the Admin Portal." },
);

const representSession = representAs(SessionSchema);

export const exampleSession = representSession({
  id: "9f1c5a7e03b84d26a1f0c3d2e4b59687",
  isCurrent: true,
  createdAt: exampleTime,
  lastUsedAt: laterExampleTime,
  expiresAt: daysAfter(exampleTime, 0.5),
  browser: "Firefox",
  operatingSystem: "Windows",
  address: "203.0.113.7",
} satisfies ListedSession);

/** A program must not learn where its owner is, nor sign the owner out: a leaked token could lock out whoever revokes it. */
function requireSession({ provider, caller: { actor }, request }: Pick<Call, "provider" | "caller" | "request">) {
  const cookieValue = readSessionCookie(request, "admin");
  if (actor.kind !== "admin" || cookieValue === undefined) {
    throw new Problem("role-missing", {
      detail: "Sessions are open only to a user who is signed in to the Admin Portal.",
    });
  }
  return { providerId: provider.id, audience: "admin", userId: actor.userId, actor, cookieValue } as const;
}

const ownOnly = "For users who are signed in to the Admin Portal, not for access tokens and the provider key.";

export const sessionOperations: readonly Operation[] = [
  operation({
    id: "listSessions",
    title: "List the own sessions",
    description: `The one that sends the request first, then the last used one. ${ownOnly}`,
    method: "GET",
    path: "/sessions",
    action: "read-own",
    responses: { 200: Type.Object({ data: Type.Array(SessionSchema) }) },
    async handle({ pool, clock }, call) {
      const { userId, ...session } = requireSession(call);
      const sessions = await listSessions(pool, { ...session, userIds: [userId], now: clock.now() });
      return { data: sessions.map(representSession) };
    },
  }),
  operation({
    id: "endSession",
    title: "End one of the own sessions",
    description: `Its browser is signed out at once. ${ownOnly}`,
    method: "DELETE",
    path: "/sessions/{id}",
    action: "change-own",
    params: Type.Object({ id: Type.String({ pattern: "^[0-9a-f]{32}$", description: "The id of the session." }) }),
    responses: noContentResponse,
    async handle({ pool }, call) {
      if (!(await endOwnSession(pool, requireSession(call), call.params.id))) throw new Problem("not-found");
      return noContent;
    },
  }),
  operation({
    id: "endOtherSessions",
    title: "End all other sessions",
    description: `All other browsers of the user are signed out at once. ${ownOnly}`,
    method: "POST",
    path: "/sessions/end_others",
    action: "change-own",
    responses: {
      200: Type.Object({ ended: Type.Integer({ description: "The number of ended sessions." }) }),
    },
    async handle({ pool }, call) {
      const { cookieValue, ...session } = requireSession(call);
      return { ended: await endOtherSessions(pool, session, cookieValue) };
    },
  }),
];
