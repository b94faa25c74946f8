import { isDeepStrictEqual } from "node:util";
import { isJsonList, isJsonObject, type Json, type JsonObject, type Node, documentToJson } from "#platform/document.ts";
import type { FieldTarget } from "#portal/fields/index.ts";
import { type ProductScope, isInProductScope } from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";
import { uuidV7Floor } from "#platform/ids.ts";
import {
  type EventSummary,
  type ObjectEvent,
  type UserVersion,
  listObjectEvents,
  readFirstEvent,
  readUsersInSpans,
} from "#webhooks/events/index.ts";

/** A field of a record, by its name, or an item of a list, by its id. */
export type Step = string | { readonly id: number; readonly title: string };

/** One difference between two trees. A side that lacks the field has no property. */
export interface Difference {
  readonly path: readonly Step[];
  readonly kind: "added" | "removed" | "changed";
  readonly before?: Json;
  readonly after?: Json;
}

type Tree = Json | undefined;

/**
 * Compares two plain trees and returns their differences, in the order of the later one. Undefined stands for a tree
 * that does not exist.
 *
 * - Records are compared field by field; a record without a counterpart yields one difference for each of its fields.
 * - Items that are records with ids are matched by id, in any order; an item without a counterpart is one difference.
 * - Other items are matched by value. If only their order differs, the whole list is one difference.
 * - A missing field and null differ. An empty record or list and a missing one do not.
 */
export function diffTrees(before: Tree, after: Tree, path: readonly Step[] = []): readonly Difference[] {
  if (isDeepStrictEqual(before, after)) return [];
  const [records, lists] = [bothOr(before, after, isJsonObject, {}), bothOr(before, after, isJsonList, [])];
  if (records) return diffRecords(...records, path);
  if (lists) return diffLists(...lists, path);
  return [difference(path, before, after)];
}

function difference(path: readonly Step[], before: Tree, after: Tree): Difference {
  if (before === undefined && after !== undefined) return { path, kind: "added", after };
  if (after === undefined && before !== undefined) return { path, kind: "removed", before };
  return { path, kind: "changed", before: before ?? null, after: after ?? null };
}

/** Returns both values if they have the kind. A missing one counts as `empty`, if the other one has the kind. */
function bothOr<Kind extends Json>(
  before: Tree,
  after: Tree,
  isKind: (value: Tree) => value is Kind,
  empty: Kind,
): readonly [Kind, Kind] | undefined {
  const [old, current] = [before ?? empty, after ?? empty];
  if (before === null || after === null) return undefined;
  return isKind(old) && isKind(current) ? [old, current] : undefined;
}

function diffRecords(before: JsonObject, after: JsonObject, path: readonly Step[]): readonly Difference[] {
  const [old, current] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  const names = new Set([...current.keys(), ...old.keys()]);
  return [...names].flatMap((name) => diffTrees(old.get(name), current.get(name), [...path, name]));
}

function diffLists(before: readonly Json[], after: readonly Json[], path: readonly Step[]): readonly Difference[] {
  const [old, current] = [itemsById(before), itemsById(after)];
  if (old && current) return diffIdentified(old, current, path);
  const [removed, added] = [without(before, after), without(after, before)];
  if (removed.length === 0 && added.length === 0) return [difference(path, before, after)];
  return [
    ...removed.map((item) => difference(path, item, undefined)),
    ...added.map((item) => difference(path, undefined, item)),
  ];
}

/** Returns the items by id, or undefined if an item has none or shares it with another one. */
function itemsById(items: readonly Json[]): ReadonlyMap<number, JsonObject> | undefined {
  const byId = new Map<number, JsonObject>();
  for (const item of items) {
    const id = isJsonObject(item) ? item["id"] : undefined;
    if (!isJsonObject(item) || typeof id !== "number") return undefined;
    byId.set(id, item);
  }
  return byId.size === items.length ? byId : undefined;
}

function diffIdentified(
  before: ReadonlyMap<number, JsonObject>,
  after: ReadonlyMap<number, JsonObject>,
  path: readonly Step[],
): readonly Difference[] {
  const ids = new Set([...before.keys(), ...after.keys()]);
  return [...ids].flatMap((id) => {
    const [old, current] = [before.get(id), after.get(id)];
    const step = { id, title: titleOf(current ?? old ?? {}) ?? String(id) };
    return old && current ? diffTrees(old, current, [...path, step]) : [difference([...path, step], old, current)];
  });
}

const titleFields = ["username", "org_name", "name"];

/** Returns the name by which people know an object: of a user, an account, or anything else. */
export function titleOf(object: JsonObject): string | undefined {
  const fields = new Map(Object.entries(object));
  return titleFields.map((name) => fields.get(name)).find((title) => typeof title === "string");
}

/**
 * Returns the items that have no equal one among `others`. Repeated items are counted. Looked up by their JSON: a field may hold ten
 * thousand texts, and comparing each with each took six seconds of the event loop.
 */
function without(items: readonly Json[], others: readonly Json[]): readonly Json[] {
  const left = new Map<string, number>();
  for (const key of others.map(keyOf)) left.set(key, (left.get(key) ?? 0) + 1);
  return items.filter((item) => {
    const key = keyOf(item);
    const count = left.get(key) ?? 0;
    left.set(key, count - 1);
    return count <= 0;
  });
}

/** Returns the same text for equal trees, whatever the order of their fields. */
const keyOf = (tree: Json): string =>
  JSON.stringify(tree, (_name, value: Json) =>
    isJsonObject(value) ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))) : value,
  );

/** The kinds of objects with a history, as in the types of their events. */
export type ObjectKind = "account" | "user" | "application";

/** The words of a field that a provider defined. */
export interface FieldLabel {
  readonly target: FieldTarget;
  readonly name: string;
  readonly label: string;
}

const targets = { account: "Account", user: "User", application: "Cinstance" } as const satisfies Record<
  ObjectKind,
  FieldTarget
>;

/** Words that do not follow from the names of fields. Lists have the word of one item. */
const words: Readonly<Record<string, string>> = {
  accepted_at: "Approved",
  annotations: "Annotation",
  application_id: "Application ID",
  credit_card_expires_on: "Credit card expiry",
  first_daily_traffic_at: "First traffic of the day",
  first_traffic_at: "First traffic",
  id: "ID",
  keys: "Application key",
  oidc_configuration: "OpenID Connect",
  plan_id: "Plan ID",
  plans: "Plan",
  redirect_url: "Redirect URL",
  referrer_filters: "Referrer filter",
  service_id: "Product ID",
  user_account_id: "Account ID",
  user_key: "User key (API key)",
  users: "User",
};

/** Records without words of their own: labels of their fields omit them. */
const unnamed: ReadonlySet<string> = new Set(["extra_fields"]);

/** Returns "Monthly billing enabled" for `monthly_billing_enabled`. */
function humanize(name: string): string {
  const text = name.replaceAll("_", " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * Returns the words for a field, as the provider's pages show it: the label of a defined field, and "User mira: Email"
 * for a field of a listed object.
 */
export function labelOf(path: readonly Step[], kind: ObjectKind, definitions: readonly FieldLabel[]): string {
  const parts: string[] = [];
  let target: FieldTarget | undefined = targets[kind];
  for (const [index, step] of path.entries()) {
    if (typeof step === "object") {
      parts.push(`${parts.pop() ?? ""} ${step.title}`.trim());
      target = path[index - 1] === "users" ? "User" : undefined;
    } else if (!unnamed.has(step)) {
      const defined = definitions.find((definition) => definition.target === target && definition.name === step);
      parts.push(defined?.label ?? words[step] ?? humanize(step));
      target = undefined; // fields of plans and addresses are not defined
    }
  }
  return parts.join(": ");
}

/** Returns the path as a program reads it: `users[21].email`. */
export const pathText = (path: readonly Step[]): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === "object") return `${text}[${step.id}]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");

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
