import { type Static, type TSchema, Type } from "typebox";
import type { Channel } from "#access/index.ts";
import { idPattern, parseRowId } from "#platform/ids.ts";
import { completeZone, daysAfter, parseTime } from "#platform/times.ts";
import { type DeliveryState, type OutcomeClass, outcomeClasses } from "#webhooks/deliveries/index.ts";
import { type EventType, eventTypes } from "#webhooks/events/index.ts";

export const deliveryStates = ["pending", "delivered", "failed", "cancelled"] as const;
export const channels = ["developer_portal", "admin_portal", "api", "system"] as const;
export const actorKinds = ["developer", "admin", "token", "key", "system"] as const;

/** A query parameter that may be given several times. */
export const several = <Schema extends TSchema>(schema: Schema, description: string) =>
  Type.Optional(
    Type.Array(schema, { minItems: 1, maxItems: 200, description: `${description} May be given several times.` }),
  );

const id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const count = (description: string) => Type.Optional(Type.Integer({ minimum: 0, maximum: 32_767, description }));
/** A time in a query or body, parsed by `parseMoment`. The description continues: "Events from this time on". */
export const Moment = (description: string) =>
  Type.String({
    minLength: 2,
    maxLength: 40,
    description: `${description}: ISO 8601 with a zone, or a span before now in m, h, d or w, such as \`-1d\`.`,
  });

/**
 * The filter of deliveries, as queries and bodies of requests contain it. Lists of events, attempts and failures take
 * the same one. Each criterion narrows the result; several values of one criterion widen it.
 */
export const deliveryFilterFields = {
  state: several(Type.Enum([...deliveryStates]), "Deliveries in this state."),
  endpoint_id: several(id, "Deliveries to this endpoint."),
  event_type: several(
    Type.String({ pattern: String.raw`^(\*|[a-z_]+\.(\*|[a-z_]+))$`, maxLength: 100 }),
    "An event type, or `account.*` for all of accounts.",
  ),
  since: Type.Optional(Moment("Events from this time on")),
  until: Type.Optional(Moment("Events before this time")),
  status: several(
    Type.String({ pattern: String.raw`^([1-9]xx|[1-9]\d\d(-[1-9]\d\d)?)$` }),
    "The status of the last attempt: `500`, `5xx`, or `400-499`.",
  ),
  error_class: several(
    Type.Enum([...outcomeClasses]),
    "The last attempt failed in this way: without a response, or with a status of this class.",
  ),
  attempts_min: count("At least this many attempts were made."),
  attempts_max: count("At most this many attempts were made."),
  latency_min: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 2_147_483_647,
      description: "The last attempt took this many milliseconds or more.",
    }),
  ),
  account: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description: "The id of the account, or the beginning of its name. Finds deleted accounts too.",
    }),
  ),
  object_id: Type.Optional(
    Type.Integer({ ...id, description: "The id of the account, user or application that changed." }),
  ),
  actor: Type.Optional(
    Type.String({
      pattern: `^((developer|admin|token)(:${idPattern})?|key|system)$`,
      description: "The kind of actor that made the change, with or without the user's id: `developer:21`.",
    }),
  ),
  channel: several(Type.Enum([...channels]), "The interface of the change."),
  event_id: several(Type.String({ format: "uuid" }), "The event's id, which is the same as `webhook-id`."),
  q: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description:
        "Words, each of which is in an id, the event's type, the account's or the endpoint's name, the last error or the payload.",
    }),
  ),
  payload: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 500,
      description:
        'A value in the JSON payload: `data.account.org_name = Harbour & Sons`, `data.user.email ~ "@quay.example"` for a part of ' +
        "one, or a text that is anywhere in it. Credentials are not searched.",
    }),
  ),
};

type Fields = typeof deliveryFilterFields;

/** The fields as a request contains them. */
export type DeliveryFilterFields = { readonly [Name in keyof Fields]?: Static<Fields[Name]> | undefined };

export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

interface ActorCriterion {
  readonly kind: (typeof actorKinds)[number];
  readonly userId: number | undefined;
}

/** A refused value. The sentence continues the field's name. */
interface Wrong {
  readonly wrong: string;
}

/** A filter with parsed values. A criterion that is left out allows everything. */
export interface DeliveryFilter {
  readonly states?: readonly DeliveryState[] | undefined;
  readonly endpointIds?: readonly number[] | undefined;
  readonly eventTypes?: readonly EventType[] | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  readonly statuses?: readonly StatusRange[] | undefined;
  readonly errorClasses?: readonly OutcomeClass[] | undefined;
  readonly attemptsMin?: number | undefined;
  readonly attemptsMax?: number | undefined;
  readonly latencyMin?: number | undefined;
  /** An account's id, or the beginning of its name. */
  readonly account?: number | string | undefined;
  readonly objectId?: number | undefined;
  readonly actor?: ActorCriterion | undefined;
  readonly channels?: readonly Channel[] | undefined;
  readonly eventIds?: readonly string[] | undefined;
  readonly words?: readonly string[] | undefined;
  readonly payload?: PayloadCriterion | undefined;
}

type ParsedFilter = { readonly filter: DeliveryFilter } | { readonly refused: FilterErrors };
/** Sentences by field. Each continues the field's name. */
export type FilterErrors = Readonly<Record<string, readonly string[]>>;

export type ListName = "deliveries" | "attempts" | "events";

/**
 * Returns the rows that a list reads. With a criterion about deliveries or attempts, an event without deliveries never matches, so
 * events are found by their deliveries.
 */
export function rowsOf(name: ListName, filter: DeliveryFilter): ListName {
  const { delivery, attempt } = comparedTables(filter);
  return name === "events" && (delivery || attempt || filter.endpointIds !== undefined) ? "deliveries" : name;
}

/** Tables with which the criteria of a filter are compared. */
export interface ComparedTables {
  readonly event: boolean;
  readonly delivery: boolean;
  readonly attempt: boolean;
}

/** Times and endpoints are compared with the keys of rows alone. */
export const comparedTables = (filter: DeliveryFilter): ComparedTables => ({
  event: isAnyGiven([
    filter.eventTypes,
    filter.account,
    filter.objectId,
    filter.actor,
    filter.channels,
    filter.eventIds,
  ]),
  delivery: isAnyGiven([filter.states, filter.attemptsMin, filter.attemptsMax]),
  attempt: isAnyGiven([filter.statuses, filter.errorClasses, filter.latencyMin]),
});

const isAnyGiven = (criteria: readonly unknown[]): boolean => criteria.some((criterion) => criterion !== undefined);

export const comparesTexts = ({ words, payload }: DeliveryFilter): boolean => isAnyGiven([words, payload]);

/** Parses the fields of a request that its schema allows. Relative times end at `now`. */
export function parseDeliveryFilter(fields: DeliveryFilterFields, now: Date): ParsedFilter {
  const { state, endpoint_id, attempts_min, attempts_max, latency_min, object_id, channel, event_id, ...texts } =
    fields;
  const { event_type, since, until, status, error_class, account, actor, q, payload, ...forgotten } = texts;
  const _everyFieldIsParsed: Readonly<Record<string, never>> = forgotten;

  const refused: Record<string, readonly string[]> = {};
  const parse = <Input, Value>(name: string, input: Input | undefined, parseOne: (input: Input) => Value | Wrong) => {
    if (input === undefined) return undefined;
    const parsed = parseOne(input);
    if (!isWrong(parsed)) return parsed;
    refused[name] = [parsed.wrong];
    return undefined;
  };
  const parseTimeOf = (text: string) => parseMoment(text, now);

  const filter: DeliveryFilter = {
    states: state,
    endpointIds: endpoint_id,
    eventTypes: parse("event_type", event_type, parseEventTypes),
    since: parse("since", since, parseTimeOf),
    until: parse("until", until, parseTimeOf),
    statuses: parse("status", status, parseStatusRanges),
    errorClasses: error_class,
    attemptsMin: attempts_min,
    attemptsMax: attempts_max,
    latencyMin: latency_min,
    account: parse("account", account, parseAccount),
    objectId: object_id,
    actor: actor === undefined ? undefined : parseActor(actor),
    channels: channel,
    eventIds: event_id?.map((each) => each.toLowerCase()),
    words: parse("q", q, parseWords),
    payload: parse("payload", payload, parsePayloadCriterion),
  };
  return Object.keys(refused).length > 0 ? { refused } : { filter };
}

/** Replaces relative times, so that stored fields keep their meaning. Requires fields that were parsed without a refusal. */
export function withAbsoluteTimes(fields: DeliveryFilterFields, now: Date): DeliveryFilterFields {
  const absolute = (text: string | undefined): string | undefined => {
    const moment = text === undefined ? undefined : parseMoment(text, now);
    return moment === undefined || isWrong(moment) ? text : moment.toISOString();
  };
  return { ...fields, since: absolute(fields.since), until: absolute(fields.until) };
}

export const isWrong = (parsed: unknown): parsed is Wrong =>
  typeof parsed === "object" && parsed !== null && "wrong" in parsed;

function parseEventTypes(patterns: readonly string[]): readonly EventType[] | Wrong {
  const found = eventTypes.filter((type) => patterns.some((pattern) => matchesPattern(type, pattern)));
  const unknown = patterns.find((pattern) => !eventTypes.some((type) => matchesPattern(type, pattern)));
  return unknown === undefined ? found : { wrong: `contains \`${unknown}\`, which is no event type` };
}

const matchesPattern = (type: EventType, pattern: string): boolean =>
  pattern === "*" || (pattern.endsWith(".*") ? type.startsWith(pattern.slice(0, -1)) : type === pattern);

const minutesPerDay = 24 * 60;
const minutes: Readonly<Record<string, number>> = { m: 1, h: 60, d: minutesPerDay, w: 7 * minutesPerDay };

/** Parses a text that `Moment` allows. */
export function parseMoment(text: string, now: Date): Date | Wrong {
  const [, amount, unit = ""] = /^-(\d{1,5})([mhdw])$/.exec(text) ?? [];
  const span = minutes[unit];
  if (amount !== undefined && span !== undefined) return daysAfter(now, -(Number(amount) * span) / minutesPerDay);
  const zoned = completeZone(text);
  const moment = isoWithZone.test(zoned) ? parseTime(zoned) : undefined;
  return moment ?? { wrong: "is neither a time with a zone, such as 2026-03-01T09:00:00Z, nor a span, such as -1d" };
}

const isoWithZone = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i;

function parseStatusRanges(texts: readonly string[]): readonly StatusRange[] | Wrong {
  const ranges = texts.map(parseStatusRange);
  const reversed = ranges.findIndex(({ from, to }) => from > to);
  return reversed === -1 ? ranges : { wrong: `\`${texts[reversed]}\` ends before it begins` };
}

function parseStatusRange(text: string): StatusRange {
  if (text.endsWith("xx")) return { from: Number(text[0]) * 100, to: Number(text[0]) * 100 + 99 };
  const [from, to = from] = text.split("-").map(Number);
  return { from: from ?? 0, to: to ?? 0 };
}

const noText = { wrong: "has no text to find" };

/** Refuses characters that PostgreSQL's text and JSON cannot hold: NUL and halves of surrogate pairs. */
const refuseCharacters = (text: string): Wrong | undefined =>
  text.includes("\0") || !text.isWellFormed()
    ? { wrong: "contains a character that no text here contains" }
    : undefined;

/** A number is an id: names rarely are numbers, and a name can be found by `q` too. */
function parseAccount(text: string): number | string | Wrong {
  const name = text.trim();
  if (name === "") return noText;
  return refuseCharacters(name) ?? parseRowId(name) ?? name;
}

function parseActor(text: string): ActorCriterion | undefined {
  const [name, userId] = text.split(":");
  const kind = actorKinds.find((each) => each === name);
  return kind && { kind, userId: userId === undefined ? undefined : Number(userId) };
}

export function parseWords(text: string): readonly string[] | Wrong {
  const words = text.trim();
  if (words === "") return noText;
  return refuseCharacters(words) ?? [...new Set(words.split(/\s+/))];
}

/** A value at a path of the JSON payload, a part of one, or a text that is anywhere in it. */
type PayloadCriterion =
  | { readonly kind: "equals" | "contains"; readonly path: readonly string[]; readonly text: string }
  | { readonly kind: "anywhere"; readonly text: string };

const withPath = /^\s*([A-Za-z_][\w-]*(?:\.[\w-]+)*)\s*([=~])\s*(.*?)\s*$/s;

/** Parses `data.account.org_name = value`, `data.user.email ~ part` or a text. A value may be a JSON string. */
function parsePayloadCriterion(input: string): PayloadCriterion | Wrong {
  const [, path, operator, value] = withPath.exec(input) ?? [];
  const text = unquoted(value ?? input.trim());
  if (text === "") return path === undefined ? noText : { wrong: "needs a value after the operator" };
  const refused = refuseCharacters(text);
  if (refused) return refused;
  if (path === undefined) return { kind: "anywhere", text };
  return { kind: operator === "=" ? "equals" : "contains", path: path.split("."), text };
}

function unquoted(text: string): string {
  if (!/^".*"$/s.test(text)) return text;
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "string" ? parsed : text;
  } catch {
    return text;
  }
}

/** Returns whether a payload, as JSON, matches. Parts are found in any case; a whole value must be equal. */
export function matchesPayload(criterion: PayloadCriterion, payload: unknown): boolean {
  const part = foldCase(criterion.text);
  const isPart = (value: Scalar): boolean => foldCase(String(value)).includes(part);
  switch (criterion.kind) {
    case "equals":
      return valuesAt(payload, criterion.path).some((value) => String(value) === criterion.text);
    case "contains":
      return valuesAt(payload, criterion.path).some(isPart);
    case "anywhere":
      return allValues(payload).some(isPart);
  }
}

/**
 * Returns the text in lower case, for comparisons that ignore case. `toLowerCase` makes a Σ at the end of a word a ς, which a part of
 * the word does not have. `wordsMatch` of the failures does the same in SQL.
 */
export const foldCase = (text: string): string => text.replaceAll(/[Σς]/g, "σ").toLowerCase();

type Scalar = null | string | number | boolean;

const isObject = (json: unknown): json is object => typeof json === "object" && json !== null;

const isScalar = (json: unknown): json is Scalar =>
  json === null || typeof json === "string" || typeof json === "number" || typeof json === "boolean";

/** Returns the scalar values at a path. A path leads through each element of a list. */
function valuesAt(json: unknown, path: readonly string[]): readonly Scalar[] {
  if (Array.isArray(json)) return json.flatMap((element) => valuesAt(element, path));
  const [name, ...rest] = path;
  if (name === undefined) return isScalar(json) ? [json] : [];
  return isObject(json) ? valuesAt(Object.getOwnPropertyDescriptor(json, name)?.value, rest) : [];
}

/** Returns every scalar value of a JSON document, at any depth. */
export function allValues(json: unknown): readonly Scalar[] {
  if (isScalar(json)) return [json];
  return isObject(json) ? Object.values(json).flatMap(allValues) : [];
}

/**
 * Returns a text that every match contains, as plain text and as JSON, so that PostgreSQL skips most other rows. It is
 * the longest run of characters that JSON does not escape and whose lower case does not depend on the locale.
 */
export function necessaryText(text: string): string {
  const runs = text.match(/[\x20\x21\x23-\x5b\x5d-\x7e]+/g) ?? [];
  return runs.reduce((longest, run) => (run.length > longest.length ? run : longest), "").toLowerCase();
}
