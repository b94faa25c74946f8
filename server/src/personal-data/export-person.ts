import { type DataSubject, listAuditOfPerson, listSessions } from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";
import { type Json, documentToJson } from "#platform/document.ts";
import { listMessagesOfPerson, readAccountDetails, representAccount } from "#portal/accounts/index.ts";
import { listApplications, representApplication } from "#portal/applications/index.ts";
import { readDocumentSettings } from "#portal/fields/index.ts";
import { listMailsOfPerson } from "#portal/mails/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { type ListedIdentity, listIdentities } from "#portal/single-sign-on/index.ts";
import { listInvitations, listUsers, readUser, representUser } from "#portal/users/index.ts";
import {
  listObjectEvents,
  readNotifications,
  readTraces,
  type SubjectTraces,
  withoutCredentials,
} from "#webhooks/events/index.ts";

/** The exported person or organization. */
interface ExportedSubject extends Omit<DataSubject, "providerId"> {
  readonly provider: Provider;
}

const batchSize = 100;

const asJson = (node: Parameters<typeof documentToJson>[0]): Json => documentToJson(withoutCredentials(node));

/** The current record. Null if it was deleted. Credentials of applications are not personal data, and are left out. */
async function readRecord(db: Database, { provider, accountId, userId }: ExportedSubject): Promise<object> {
  if (userId !== null) {
    const user = await readUser(db, provider.id, userId);
    return { user: user ? asJson(representUser(user, await readDocumentSettings(db, provider))) : null };
  }
  const account = await readAccountDetails(db, provider, accountId);
  if (!account) return { account: null, applications: [], invitations: [] };
  const applications = await listApplications(db, provider.id, accountId);
  const invitations = await listInvitations(db, provider.id, accountId);
  return {
    account: asJson(representAccount(account.details, account.settings)),
    applications: applications.map((application) => asJson(representApplication(application, account.settings))),
    invitations: invitations.map(({ email, sentAt, acceptedAt }) => ({
      email,
      sent_at: sentAt.toISOString(),
      accepted_at: acceptedAt?.toISOString() ?? null,
    })),
  };
}

/** Yields the events, newest first, each with the metadata of its deliveries. */
async function* readHistory(db: Database, subject: ExportedSubject): AsyncGenerator<readonly object[], void> {
  const { provider, accountId, userId } = subject;
  const kinds = userId === null ? ["account", "user", "application"] : ["user"];
  for (let after: string | undefined; ;) {
    const events = await listObjectEvents(db, {
      providerId: provider.id,
      id: userId ?? accountId,
      kinds,
      isWholeAccount: userId === null,
      after,
      limit: batchSize,
      withPrior: false,
    });
    const eventIds = events.map(({ id }) => id);
    const all = await readNotifications(db, { providerId: provider.id, eventIds });
    const sent = Map.groupBy(
      all.filter(({ state }) => state !== "withheld"),
      ({ eventId }) => eventId,
    );
    yield events.map((event) => ({
      id: event.id,
      type: event.type,
      sequence: event.sequence,
      occurred_at: event.occurredAt.toISOString(),
      actor: { kind: event.actorKind, user_id: event.actorUserId },
      channel: event.channel,
      document: asJson(event.document),
      previous: event.previous,
      erased_at: event.erasedAt?.toISOString() ?? null,
      deliveries: (sent.get(event.id) ?? []).map(({ endpointId, endpointName, state }) => ({
        endpoint_id: endpointId,
        endpoint_name: endpointName,
        state,
      })),
    }));
    const last = events.at(-1);
    if (last === undefined || events.length < batchSize) return;
    after = last.id;
  }
}

/** Returns the names and ids in the events of a subject, and those of its present users: retention may have deleted their events. */
async function readAllTraces(db: Database, { provider, accountId, userId }: ExportedSubject): Promise<SubjectTraces> {
  const known = await readTraces(db, { providerId: provider.id, accountId, userId });
  const users = await listUsers(db, provider.id, accountId);
  const present = users.filter(({ id }) => userId === null || id === userId);
  const names = present.flatMap(({ username, email }) => (email === null ? [username] : [username, email]));
  return {
    terms: [...new Set([...known.terms, ...names])],
    objects: [...new Set([...known.objects, ...present.map(({ id }) => `user/${id}`)])],
    userIds: [...new Set([...known.userIds, ...present.map(({ id }) => id)])],
  };
}

/** Yields pages of rows with increasing ids. */
async function* inPages<Row extends { readonly id: number }>(
  read: (after: number) => Promise<readonly Row[]>,
  represent: (row: Row) => object,
): AsyncGenerator<readonly object[], void> {
  for (let after = 0; ;) {
    const rows = await read(after);
    yield rows.map(represent);
    const last = rows.at(-1);
    if (last === undefined || rows.length < batchSize) return;
    after = last.id;
  }
}

/** Yields the messages to and from an account, or those that a user has written. */
const readMessages = (db: Database, person: DataSubject): AsyncGenerator<readonly object[], void> =>
  inPages(
    (after) => listMessagesOfPerson(db, { ...person, after, limit: batchSize }),
    ({ id, sender, author, subject, body, readAt, createdAt }) => ({
      id,
      sender,
      author,
      subject,
      body,
      created_at: createdAt.toISOString(),
      read_at: readAt?.toISOString() ?? null,
    }),
  );

const identityToJson = ({ name, subject, createdAt, usedAt }: ListedIdentity) => ({
  authentication_provider: name,
  subject,
  created_at: createdAt.toISOString(),
  used_at: usedAt.toISOString(),
});

/**
 * Yields a JSON document with the data about an account or a user: the current record, its history with the metadata of
 * deliveries, mails without their texts, messages, sessions, log-ins at identity providers, and audit records. Holds one
 * batch of rows at a time in memory.
 */
export async function* exportPerson(db: Database, subject: ExportedSubject, now: Date): AsyncGenerator<string, void> {
  const { provider, accountId, userId } = subject;
  const person = { providerId: provider.id, accountId, userId };
  const { terms, objects, userIds } = await readAllTraces(db, subject);
  const sessions = await listSessions(db, { providerId: provider.id, audience: "developer", userIds, now });
  const start = {
    exported_at: now.toISOString(),
    account_id: accountId,
    user_id: userId,
    ...(await readRecord(db, subject)),
    sessions: sessions.map(({ createdAt, expiresAt, lastUsedAt, browser, operatingSystem, address }) => ({
      created_at: createdAt.toISOString(),
      expires_at: expiresAt.toISOString(),
      last_used_at: lastUsedAt?.toISOString() ?? null,
      browser,
      operating_system: operatingSystem,
      address,
    })),
    identities: (await listIdentities(db, provider.id, userIds)).map(identityToJson),
  };
  yield JSON.stringify(start).slice(0, -1);
  yield* list("history", readHistory(db, subject));
  const mails = inPages(
    (after) => listMailsOfPerson(db, { ...person, terms, after, limit: batchSize }),
    ({ id, recipient, subject: title, createdAt, sentAt }) => ({
      id,
      recipient,
      subject: title,
      created_at: createdAt.toISOString(),
      sent_at: sentAt?.toISOString() ?? null,
    }),
  );
  yield* list("mails", mails);
  yield* list("messages", readMessages(db, person));
  const records = inPages(
    (after) => listAuditOfPerson(db, { ...person, objects, terms, after, limit: batchSize }),
    ({ id, at, actorKind, actorId, action, subject: of, detail }) => ({
      id,
      at: at.toISOString(),
      actor: { kind: actorKind, user_id: actorId },
      action,
      subject: of,
      detail,
    }),
  );
  yield* list("audit_records", records);
  yield "}\n";
}

/** Yields a member of the document whose rows come in batches. */
async function* list(name: string, batches: AsyncIterable<readonly object[]>): AsyncGenerator<string, void> {
  yield `,${JSON.stringify(name)}:[`;
  let isFirst = true;
  for await (const batch of batches) {
    if (batch.length === 0) continue;
    yield (isFirst ? "" : ",") + batch.map((row) => JSON.stringify(row)).join(",");
    isFirst = false;
  }
  yield "]";
}
