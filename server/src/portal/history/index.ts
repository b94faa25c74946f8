import { type ProductScope, isInProductScope } from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";
import type { Json } from "#platform/document.ts";
import { readAccount } from "#portal/accounts/index.ts";
import { readApplication } from "#portal/applications/index.ts";
import { readFieldsDefinitions } from "#portal/fields/index.ts";
import { readUser } from "#portal/users/index.ts";
import {
  type EventSummary,
  type Notification,
  type ObjectEvent,
  credentialFields,
  keyInBody,
  listObjectEvents,
  readFirstEvent,
  readNotifications,
} from "#webhooks/events/index.ts";
import {
  type Difference,
  diffTrees,
  type FieldLabel,
  labelOf,
  type ObjectKind,
  pathText,
  titleOf,
  type HistorySubject,
  type Version,
  type VersionAt,
  type Versions,
  readVersionAt,
  readVersions,
} from "./diff.ts";

export type { HistorySubject, ObjectKind } from "./diff.ts";

/** A field that differs from the version before. */
export interface FieldChange {
  /** The path in the document: `users[21].email`. */
  readonly field: string;
  readonly label: string;
  readonly kind: Difference["kind"];
  /** Absent if the version before lacks the field, or is not known. */
  readonly before?: Json;
  /** Absent if the document lacks the field. */
  readonly after?: Json;
  /** True for credentials: the values show at most four characters. */
  readonly isMasked: boolean;
  /**
   * True if the event names the field as its change. False for consequences, and for changes since the version before
   * that no event of the object recorded, such as a renamed plan.
   */
  readonly isDirect: boolean;
}

/** An event of an object's history. */
export interface HistoryEntry {
  readonly event: EventSummary;
  /** The name of the account, user or application. Null if it has none. */
  readonly objectName: string | null;
  /** The actor's name. Null without a user, and for a deleted user without kept events. */
  readonly actorName: string | null;
  /** The event with the version before. Null for the first one, and if retention has deleted it. */
  readonly comparedWith: string | null;
  readonly changes: readonly FieldChange[];
  readonly key: { readonly last4: string; readonly created_at: string } | null;
  /** Undefined unless requested. */
  readonly notifications: readonly Notification[] | undefined;
}

/** An entry with the versions on both sides, credentials masked. */
export interface HistoryEntryDetails extends HistoryEntry {
  readonly before: Version | undefined;
  readonly after: Version | undefined;
}

interface HistoryPage {
  /** Adds the events of an account's users or applications. */
  readonly parts: readonly ObjectKind[];
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
  /** Adds the notified endpoints. */
  readonly withNotifications: boolean;
}

/** Endpoints per event in a list. An event's page shows all. */
const notificationsMax = 20;

/** Events that are read at once, so that a statement returns a few megabytes at most if each has long fields. */
const batchSize = 50;

/** Characters of the documents of a page. To compare and render them takes 20 to 40 ms, in which nothing else runs. */
const pageLengthMax = 1_000_000;

/** A page of entries, newest first. It has fewer entries than its limit if they are large. */
export interface HistoryEntries {
  readonly entries: readonly HistoryEntry[];
  readonly hasMore: boolean;
}

/** Lists the events of an account, user or application, newest first. */
export async function listHistory(db: Database, subject: HistorySubject, page: HistoryPage): Promise<HistoryEntries> {
  const { parts, withNotifications, limit, ...range } = page;
  const { events, hasMore } = await readEvents(db, limit, {
    ...range,
    providerId: subject.providerId,
    id: subject.id,
    kinds: [subject.kind, ...parts],
    productIds: subject.productScope,
    isWholeAccount: parts.length > 0,
  });
  return { entries: await readEntries(db, subject, { events, withNotifications }), hasMore };
}

type EventFilter = Omit<Parameters<typeof listObjectEvents>[1], "limit">;

/** Reads events until there are `limit`, or until their documents fill a page. */
async function readEvents(
  db: Database,
  limit: number,
  filter: EventFilter,
): Promise<{ readonly events: readonly ObjectEvent[]; readonly hasMore: boolean }> {
  const events: ObjectEvent[] = [];
  let length = 0;
  for (;;) {
    const asked = Math.min(batchSize, limit + 1 - events.length);
    const batch = await listObjectEvents(db, { ...filter, after: events.at(-1)?.id ?? filter.after, limit: asked });
    for (const event of batch) {
      if (events.length === limit || length >= pageLengthMax) return { events, hasMore: true };
      length += JSON.stringify([event.document, event.previous]).length;
      events.push(event);
    }
    if (batch.length < asked) return { events, hasMore: false };
  }
}

/** Returns one event of an object's history, with the versions before and after it. */
export async function readHistoryEntry(
  db: Database,
  subject: HistorySubject,
  { eventId, withNotifications }: { eventId: string; withNotifications: boolean },
): Promise<HistoryEntryDetails | undefined> {
  const { providerId, id, kind, productScope } = subject;
  const filter = { providerId, id, kinds: [kind], productIds: productScope, isWholeAccount: false, eventId, limit: 1 };
  const [entry] = await readEntries(db, subject, { events: await listObjectEvents(db, filter), withNotifications });
  return entry;
}

interface EventsToShow {
  readonly events: readonly ObjectEvent[];
  readonly withNotifications: boolean;
}

async function readEntries(
  db: Database,
  { providerId, productScope }: { providerId: number; productScope: ProductScope },
  { events, withNotifications }: EventsToShow,
): Promise<HistoryEntryDetails[]> {
  if (events.length === 0) return [];
  const versions = await readVersions(db, { providerId, productScope }, events);
  const nameOf = await readActorNames(db, providerId, events);
  const definitions = await readFieldsDefinitions(db, providerId);
  const eventIds = events.map(({ id }) => id);
  const notifications = withNotifications
    ? await readNotifications(db, { providerId, eventIds, limit: notificationsMax })
    : undefined;
  return events.flatMap((event, index) => {
    const around = versions[index];
    if (!around) return [];
    const { document: _document, key, priorId, priorDocument: _prior, ...summary } = event;
    const [before, after] = [maskVersion(around.before), maskVersion(around.after)];
    return {
      event: summary,
      objectName: titleOf(around.after ?? around.before ?? {}) ?? null,
      actorName: nameOf(event),
      comparedWith: priorId,
      changes: changesOf(event, around, definitions),
      key: key && keyInBody(key),
      notifications: notifications?.filter(({ eventId }) => eventId === event.id),
      before,
      after,
    };
  });
}

// Changes

/** Differ with every change, or are shown beside it. */
const bookkeeping: ReadonlySet<string> = new Set(["id", "created_at", "updated_at"]);

/** Fields that `previous` names otherwise than documents do. */
const documentNames: Readonly<Record<string, readonly string[]>> = { plan_id: ["plan", "plans"] };

/** Never shown by documents, or as a credential. */
const secretFields: ReadonlySet<string> = new Set([...credentialFields, "password"]);

/**
 * Returns the fields that an event changed: the differences between the versions before and after it, and the fields
 * that only its record of previous values names.
 */
export function changesOf(
  event: Pick<ObjectEvent, "type" | "previous">,
  { before, after, isBeforeKnown }: Versions,
  definitions: readonly FieldLabel[],
): readonly FieldChange[] {
  const kind = objectKindOf(event);
  const { previous } = event;
  const named = new Set(Object.keys(previous ?? {}).flatMap((name) => [name, ...(documentNames[name] ?? [])]));
  const differences = isBeforeKnown ? diffTrees(before, after).filter((each) => !isBookkeeping(each)) : [];
  const shownFields = new Set(differences.map(fieldOf));
  const unseen = Object.entries(previous ?? {}).filter(
    ([name]) => ![name, ...(documentNames[name] ?? [])].some((field) => shownFields.has(field)),
  );
  const change = (difference: Difference): FieldChange => ({
    field: pathText(difference.path),
    label: labelOf(difference.path, kind, definitions),
    ...maskDifference(difference),
    isDirect: previous === null || named.has(fieldOf(difference)),
  });
  return [...differences, ...unseen.map(([name, value]) => differenceFromPrevious(name, value, after))]
    .map(change)
    .toSorted((one, other) => Number(other.isDirect) - Number(one.isDirect));
}

/** Returns the field of the object that a difference is in: an extra field counts as one. */
function fieldOf({ path: [first, second] }: Difference): string {
  if (first === "extra_fields" && typeof second === "string") return second;
  return typeof first === "string" ? first : "";
}

const isBookkeeping = ({ path }: Difference): boolean => {
  const [last, parent] = [path.at(-1), path.at(-2)];
  return typeof last === "string" && bookkeeping.has(last) && (parent === undefined || typeof parent === "object");
};

/** Returns the change of a field by its recorded previous value, and by the document if that shows the field. */
function differenceFromPrevious(name: string, value: unknown, after: Version | undefined): Difference {
  const extra = after?.["extra_fields"];
  const isExtra = typeof extra === "object" && extra !== null && !Array.isArray(extra) && Object.hasOwn(extra, name);
  const path = isExtra ? ["extra_fields", name] : [name];
  const current = isExtra ? new Map(Object.entries(extra)).get(name) : after?.[name];
  const old = jsonOf(value);
  return { path, kind: "changed", before: old, ...(current === undefined ? {} : { after: current }) };
}

/** Stored as JSON, so this only narrows the type. */
function jsonOf(value: unknown): Json {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return value;
  if (Array.isArray(value)) return value.map(jsonOf);
  return Object.fromEntries(Object.entries(value ?? {}).map(([name, child]) => [name, jsonOf(child)]));
}

function maskDifference({
  kind,
  path,
  before,
  after,
}: Difference): Pick<FieldChange, "kind" | "before" | "after" | "isMasked"> {
  const isMasked = path.some((step) => typeof step === "string" && secretFields.has(step));
  const shownAs = (value: Json): Json => (isMasked ? mask(value) : value);
  return {
    kind,
    ...(before === undefined ? {} : { before: shownAs(before) }),
    ...(after === undefined ? {} : { after: shownAs(after) }),
    isMasked,
  };
}

/** Shows the last four characters, as for keys in events. */
function mask(secret: Json): Json {
  if (typeof secret === "string") return `…${secret.slice(-4)}`;
  return Array.isArray(secret) ? secret.map(mask) : null;
}

/** Masks the credentials of a version. */
const maskVersion = (version: Version | undefined): Version | undefined =>
  version &&
  Object.fromEntries(
    Object.entries(version).map(([name, value]) => [name, secretFields.has(name) ? mask(value) : value]),
  );

function objectKindOf({ type }: Pick<EventSummary, "type">): ObjectKind {
  if (type.startsWith("account.")) return "account";
  return type.startsWith("user.") ? "user" : "application";
}

// Versions

/** A field of a version, with its label. */
interface FieldValue {
  readonly field: string;
  readonly label: string;
  readonly value: Json;
  readonly isMasked: boolean;
}

export interface LabelledVersion extends VersionAt {
  readonly fields: readonly FieldValue[];
}

/** Returns an object as it was at a time, credentials masked, with its fields in the order of its document. */
export async function readObjectAt(db: Database, subject: HistorySubject, at: Date): Promise<LabelledVersion> {
  const { version, ...found } = await readVersionAt(db, subject, at);
  const definitions = version ? await readFieldsDefinitions(db, subject.providerId) : [];
  const fields = expandItems(diffTrees(undefined, version)).map((field) => {
    const { after = null, isMasked } = maskDifference(field);
    const { path } = field;
    return { field: pathText(path), label: labelOf(path, subject.kind, definitions), value: after, isMasked };
  });
  return { ...found, version: maskVersion(version), fields };
}

/** Returns the fields of listed objects in place of the objects. */
const expandItems = (differences: readonly Difference[]): readonly Difference[] =>
  differences.flatMap((difference) => {
    const { path, after } = difference;
    return typeof path.at(-1) === "object" ? expandItems(diffTrees(undefined, after, path)) : [difference];
  });

// Existence

/** Returns true for an object that exists or has kept events. */
export async function hasHistory(
  db: Database,
  { providerId, kind, id, productScope }: HistorySubject,
): Promise<boolean> {
  if (await readFirstEvent(db, { providerId, id, kinds: [kind], productIds: productScope })) return true;
  switch (kind) {
    case "account":
      return (await readAccount(db, providerId, id)) !== undefined;
    case "user":
      return (await readUser(db, providerId, id)) !== undefined;
    case "application": {
      const application = await readApplication(db, providerId, id);
      return application !== undefined && isInProductScope(productScope, application.product.id);
    }
  }
}

type ActorOf = Pick<EventSummary, "actorKind" | "actorUserId">;

/** Returns the name of the user who caused an event. Null without a user, or if it is not known. */
export type NameOfActor = (event: ActorOf) => string | null;

// By primary key. A deleted developer's name is in the newest event of that user, found along events_object_idx.
const namesStatement = `
  select 'provider' as owner, id, username as name
  from provider_users where provider_id = $1 and id = any($2)
  union all
  select 'developer', requested.id, coalesce(developer.username, (
    select field ->> 'value'
    from (
      select event.document from events event
      where event.provider_id = $1 and event.object_id = requested.id and event.type like 'user.%'
      order by event.id desc limit 1
    ) as last, json_array_elements(last.document -> 'record') as field
    where field ->> 'name' = 'username'
  ))
  from unnest($3::bigint[]) as requested (id)
  left join users developer on developer.provider_id = $1 and developer.id = requested.id`;

/** Users of the provider and of its accounts have ids of one sequence, but are different people. */
const ownerOf = ({ actorKind }: ActorOf): "developer" | "provider" =>
  actorKind === "developer" ? "developer" : "provider";

/** Reads the names of the users who caused the events, with one statement. */
export async function readActorNames(
  db: Database,
  providerId: number,
  events: readonly ActorOf[],
): Promise<NameOfActor> {
  const idsOf = (owner: string): readonly number[] => [
    ...new Set(
      events.flatMap((event) => (event.actorUserId !== null && ownerOf(event) === owner ? [event.actorUserId] : [])),
    ),
  ];
  const [admins, developers] = [idsOf("provider"), idsOf("developer")];
  if (admins.length + developers.length === 0) return () => null;
  const rows = await db.query<{ owner: string; id: number; name: string | null }>(namesStatement, [
    providerId,
    admins,
    developers,
  ]);
  const names = new Map(rows.map(({ owner, id, name }) => [`${owner} ${id}`, name]));
  return (event) => names.get(`${ownerOf(event)} ${event.actorUserId}`) ?? null;
}
