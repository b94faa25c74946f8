import type { DataSubject, SoughtSubject } from "#access/index.ts";
import type { Database, Transaction } from "#platform/database/database.ts";
import type { Node } from "#platform/document.ts";
import { firstUuid } from "#platform/ids.ts";
import type { BodyFormat } from "#webhooks/deliveries/index.ts";
import { type StoredEvent, bodyOf } from "./render-event.ts";
import { summaryColumns } from "./read-events.ts";

/**
 * Fields that identify nobody. Receivers and the history need them. All other fields are erased, also those that documents
 * get later.
 */
const keptFields: ReadonlySet<string> = new Set([
  "id",
  "created_at",
  "updated_at",
  "deletion_date",
  "erased_at",
  "state",
  "role",
  "account_id",
  "user_account_id",
  "service_id",
]);

/** Returns the record with only the kept fields, and the time of the erasure. */
function eraseRecord(node: Node, at: string): Node {
  if (!("record" in node)) return node;
  const keptNodes = node.record.filter((child) => "value" in child && keptFields.has(child.name));
  const isMarked = keptNodes.some(({ name }) => name === "erased_at");
  return { ...node, record: isMarked ? keptNodes : [...keptNodes, { name: "erased_at", value: at }] };
}

const isUser = (node: Node, userId: number): boolean =>
  node.name === "user" &&
  "record" in node &&
  node.record.some((child) => child.name === "id" && "value" in child && child.value === userId);

/** Erases one user in an account's document. Returns undefined if the document does not contain the user. */
function eraseUser(node: Node, userId: number, at: string): Node | undefined {
  if (isUser(node, userId)) return eraseRecord(node, at);
  const children = "record" in node ? node.record : "list" in node ? node.list : [];
  const erased = children.map((child) => eraseUser(child, userId, at));
  if (erased.every((child) => child === undefined)) return undefined;
  const all = children.flatMap((child, index) => [erased[index] ?? child]);
  return "record" in node ? { ...node, record: all } : "list" in node ? { ...node, list: all } : node;
}

/** Erases the data of a subject in an event. Returns undefined if the event contains none. */
function eraseEvent<Event extends StoredEvent>(
  event: Event,
  { userId }: Pick<DataSubject, "userId">,
  at: string,
): Event | undefined {
  const isAboutUser = event.objectId === userId && event.type.startsWith("user.");
  if (userId !== null && !isAboutUser) {
    const document = eraseUser(event.document, userId, at);
    return document && { ...event, document };
  }
  return {
    ...event,
    document: eraseRecord(event.document, at),
    key: event.key && { value: "", createdAt: event.key.createdAt },
    previous:
      event.previous &&
      Object.fromEntries(
        Object.entries(event.previous).map(([name, before]) => [name, keptFields.has(name) ? before : null]),
      ),
    accountName: userId === null ? "" : event.accountName,
  };
}

const batchSize = 200;

interface EventToErase extends StoredEvent {
  readonly formats: readonly BodyFormat[] | null;
}

const storedColumns = `${summaryColumns}, event.document, event.key, provider.event_source as source`;
const batchOfAccount = `
  from events event
  join providers provider on provider.id = event.provider_id
  where event.provider_id = $1 and event.account_id = $2 and event.id > $3
  order by event.id
  limit $4`;

// Along events_account_idx.
const eventsStatement = `select ${storedColumns} ${batchOfAccount}`;

// Payloads by primary key, three of four blocks that it reads.
const eventsToEraseStatement = `
  select ${storedColumns},
    (select array_agg(payloads.format) from payloads
      where payloads.provider_id = event.provider_id and payloads.event_id = event.id) as formats
  ${batchOfAccount}`;

const batchAfter = ({ providerId, accountId }: DataSubject, after: string): readonly unknown[] => [
  providerId,
  accountId,
  after,
  batchSize,
];

const eraseEventsStatement = `select erase_events($1, $2::uuid[], $3::json[], $4::json[], $5::json[], $6::text[]) as count`;
const erasePayloadsStatement = `select erase_payloads($1, $2::uuid[], $3::text[], $4::bytea[])`;

export interface ErasedBatch {
  /** Events with data of the subject. */
  readonly eventIds: readonly string[];
  /** Those about the subject itself. Excludes events of an account that contain an erased user. */
  readonly ownEventIds: readonly string[];
  /** The cursor of the next batch. Undefined after the last one. */
  readonly next: string | undefined;
}

const jsonOrNull = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

/**
 * Erases a batch of events and renders their stored bodies from the erased documents. Repeating it changes nothing, except
 * bodies that were rendered from a document before its erasure.
 */
export async function eraseEventBatch(
  tx: Transaction,
  { id, after, at, ...subject }: DataSubject & { readonly id: number; readonly after: string; readonly at: Date },
): Promise<ErasedBatch> {
  const read = await tx.query<EventToErase>(eventsToEraseStatement, batchAfter(subject, after));
  const erased = read.flatMap((event) => eraseEvent(event, subject, at.toISOString()) ?? []);
  if (erased.length > 0) {
    await tx.query(eraseEventsStatement, [
      id,
      erased.map((event) => event.id),
      erased.map(({ document }) => JSON.stringify(document)),
      erased.map(({ key }) => jsonOrNull(key)),
      erased.map(({ previous }) => jsonOrNull(previous)),
      erased.map(({ accountName }) => accountName),
    ]);
  }
  const bodies = erased.flatMap(({ formats, ...event }) =>
    (formats ?? []).map((format) => ({ eventId: event.id, format, body: bodyOf(event, format) })),
  );
  if (bodies.length > 0) {
    await tx.query(erasePayloadsStatement, [
      id,
      bodies.map(({ eventId }) => eventId),
      bodies.map(({ format }) => format),
      bodies.map(({ body }) => body),
    ]);
  }
  const isOwn = ({ type, objectId }: EventToErase): boolean =>
    subject.userId === null || (objectId === subject.userId && type.startsWith("user."));
  return {
    eventIds: erased.map((event) => event.id),
    ownEventIds: erased.filter(isOwn).map((event) => event.id),
    next: read.length < batchSize ? undefined : read.at(-1)?.id,
  };
}

/** Names and addresses of a subject, and the ids of its objects, from its events. */
export interface SubjectTraces {
  readonly terms: readonly string[];
  /** For example `user/21`, as audit records name them. */
  readonly objects: readonly string[];
  /** The users among them. */
  readonly userIds: readonly number[];
}

const naming: ReadonlySet<string> = new Set(["org_name", "username", "email", "name"]);

/** Returns the names in a record, and in the users of an account. */
function namesIn(node: Node): readonly string[] {
  if (!("record" in node)) return [];
  return node.record.flatMap((child) => {
    if (child.name === "users" && "list" in child) return child.list.flatMap(namesIn);
    return "value" in child && naming.has(child.name) && typeof child.value === "string" ? [child.value] : [];
  });
}

function namesOfUser(node: Node, userId: number): readonly string[] {
  if (isUser(node, userId)) return namesIn(node);
  const children = "record" in node ? node.record : "list" in node ? node.list : [];
  return children.flatMap((child) => namesOfUser(child, userId));
}

function namesInEvent(event: StoredEvent, { userId }: DataSubject): readonly string[] {
  const { accountName, document, objectId, previous } = event;
  const isOwn = userId === null || objectId === userId;
  const earlier = Object.entries(isOwn ? (previous ?? {}) : {}).flatMap(([name, before]) =>
    naming.has(name) && typeof before === "string" ? [before] : [],
  );
  const present = userId === null ? [accountName, ...namesIn(document)] : namesOfUser(document, userId);
  return [...present, ...earlier];
}

/** Reads the names of a subject in all of its events, in batches. Call it before they are erased. */
export async function readTraces(db: Database, subject: DataSubject): Promise<SubjectTraces> {
  const { accountId, userId } = subject;
  const terms = new Set<string>();
  const objects = new Set([userId === null ? `account/${accountId}` : `user/${userId}`]);
  const userIds = new Set(userId === null ? [] : [userId]);
  for (let after: string | undefined = firstUuid; after !== undefined;) {
    const read: readonly StoredEvent[] = await db.query<StoredEvent>(eventsStatement, batchAfter(subject, after));
    for (const event of read) {
      for (const name of namesInEvent(event, subject)) terms.add(name);
      if (userId !== null) continue;
      objects.add(`${event.type.split(".", 1)[0]}/${event.objectId}`);
      if (event.type.startsWith("user.")) userIds.add(event.objectId);
    }
    after = read.length < batchSize ? undefined : read.at(-1)?.id;
  }
  return { terms: [...terms].filter((term) => term.trim() !== ""), objects: [...objects], userIds: [...userIds] };
}

// An account's events by events_account_idx, a user's by events_object_idx. @indexed
const findAccountStatement = `
  (select account_id from events where provider_id = $1 and account_id = $2 limit 1)
  union all
  (select account_id from events where provider_id = $1 and object_id = $3 and type like 'user.%' limit 1)`;

/** Returns the account of a subject that events know, deleted ones included. */
export async function findAccountInEvents(
  db: Database,
  { providerId, accountId, userId }: SoughtSubject,
): Promise<number | undefined> {
  const [found] = await db.query<{ accountId: number }>(findAccountStatement, [providerId, accountId, userId]);
  return found?.accountId;
}
