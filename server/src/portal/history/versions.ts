import { type ProductScope, isInProductScope } from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";
import { type Json, type Node, documentToJson, isJsonList, isJsonObject } from "#platform/document.ts";
import { uuidV7Floor } from "#platform/ids.ts";
import {
  type EventSummary,
  type ObjectEvent,
  type UserVersion,
  listObjectEvents,
  readFirstEvent,
  readUsersInSpans,
} from "#webhooks/events/index.ts";
import type { ObjectKind } from "./diff.ts";

/** The fields of an object at one time, by name. */
export type Version = Readonly<Record<string, Json>>;

/** An account, user or application, and the products that the reader may see. */
export interface HistorySubject {
  readonly providerId: number;
  readonly kind: ObjectKind;
  readonly id: number;
  readonly productScope: ProductScope;
}

/** Returns the fields of a document, without plans of products outside of the scope. */
function versionOf(document: Node, productScope: ProductScope): Version {
  const json = documentToJson(document);
  if (!isJsonObject(json)) return {};
  const plans = json["plans"];
  return isJsonList(plans) ? { ...json, plans: plans.filter((plan) => isPlanInScope(plan, productScope)) } : json;
}

function isPlanInScope(plan: Json, productScope: ProductScope): boolean {
  const productId = isJsonObject(plan) ? plan["service_id"] : undefined;
  return typeof productId !== "number" || isInProductScope(productScope, productId);
}

/**
 * Returns an account with its users as they were later. An account's document shows its users, but changes of users are
 * events of their own.
 */
export function withUsers(
  account: Version,
  changes: readonly Pick<UserVersion, "type" | "objectId" | "document">[],
): Version {
  if (changes.length === 0) return account;
  const listed = account["users"];
  const users = new Map(
    (isJsonList(listed) ? listed : []).map((user) => [isJsonObject(user) ? user["id"] : undefined, user]),
  );
  for (const { type, objectId, document } of changes) {
    if (type === "user.deleted") users.delete(objectId);
    else users.set(objectId, documentToJson(document));
  }
  return { ...account, users: [...users.values()] };
}

const kindOf = ({ type }: Pick<EventSummary, "type">): string => type.split(".", 1)[0] ?? "";

/** The versions of an object on both sides of an event. A side on which the object does not exist is undefined. */
export interface Versions {
  readonly before: Version | undefined;
  readonly after: Version | undefined;
  /** False if retention has deleted the version before. */
  readonly isBeforeKnown: boolean;
}

/** Returns the versions around each event, in the order of the events. */
export async function readVersions(
  db: Database,
  { providerId, productScope }: Pick<HistorySubject, "providerId" | "productScope">,
  events: readonly ObjectEvent[],
): Promise<readonly Versions[]> {
  const spans = events.flatMap(({ id, type, accountId, priorId }) =>
    kindOf({ type }) === "account" && priorId !== null ? [{ accountId, afterId: priorId, beforeId: id }] : [],
  );
  const changes = Map.groupBy(await readUsersInSpans(db, providerId, spans), ({ beforeId }) => beforeId);
  return events.map(({ id, type, document, priorDocument }) => {
    const version = versionOf(document, productScope);
    if (type.endsWith(".deleted")) return { before: version, after: undefined, isBeforeKnown: true };
    const before = priorDocument ? withUsers(versionOf(priorDocument, productScope), changes.get(id) ?? []) : undefined;
    return { before, after: version, isBeforeKnown: before !== undefined || isCreation(type) };
  });
}

/** True for events that begin an object. `application.key_created` does not. */
const isCreation = (type: string): boolean => type.endsWith(".created");

/** An object as it was at a time. */
export interface VersionAt {
  /** `not_kept`: retention has deleted the events from before that time. */
  readonly state: "existed" | "deleted" | "not_created" | "not_kept";
  readonly version: Version | undefined;
  /** The last event until then. */
  readonly event: EventSummary | undefined;
}

/** Returns an object as it was at a time: as its last event until then shows it, an account with its users of then. */
export async function readVersionAt(db: Database, subject: HistorySubject, at: Date): Promise<VersionAt> {
  const { providerId, kind, id, productScope } = subject;
  const subjects = { providerId, id, kinds: [kind], productIds: productScope };
  const endId = uuidV7Floor(at.getTime() + 1); // events of that millisecond count
  const [event] = await listObjectEvents(db, { ...subjects, isWholeAccount: false, after: endId, limit: 1 });
  if (!event) {
    const first = await readFirstEvent(db, subjects);
    const state = first && isCreation(first.type) ? "not_created" : "not_kept";
    return { state, version: undefined, event: undefined };
  }
  if (event.type.endsWith(".deleted")) return { state: "deleted", version: undefined, event };
  const version = versionOf(event.document, productScope);
  if (kind !== "account") return { state: "existed", version, event };
  const span = { accountId: event.accountId, afterId: event.id, beforeId: endId };
  return { state: "existed", version: withUsers(version, await readUsersInSpans(db, providerId, [span])), event };
}
