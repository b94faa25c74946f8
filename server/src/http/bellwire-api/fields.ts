import { isDate } from "node:util/types";
import { type Static, type TObject, Type, type TSchema } from "typebox";
import { type Clock, deadlineAfter } from "#platform/clock.ts";
import type { FoundPage } from "#platform/database/database.ts";
import { type PropertyName, propertyName } from "#platform/database/values.ts";
import type { Encryption } from "#platform/encryption.ts";
import { parseTime } from "#platform/times.ts";
import { isWrong, parseMoment, parseWords } from "#webhooks/search/index.ts";
import { Problem } from "../shared/problem.ts";

export const Nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

export const Timestamp = Type.String({ format: "date-time", description: "ISO 8601, UTC, with milliseconds." });

export const EventId = Type.String({ format: "uuid", description: "A UUIDv7. The same as `webhook-id`." });

/** An id in a request. JSON cannot tell larger integers apart, so no row has such an id. */
export const IdOf = (object: string) =>
  Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: `The id of ${object}.` });

/** Ids of the rows that a list shows, in a query. */
export const IdsOf = (object: string) =>
  Type.Optional(
    Type.Array(IdOf(object), { maxItems: 200, description: `The id of ${object}. May be given several times.` }),
  );

// Documents

/** An object with the values of a document, by their names in the domain. */
type Represented<Document> = {
  readonly [Name in keyof Document & string as PropertyName<Name>]: RepresentedValue<Document[Name]>;
};
type RepresentedValue<Value> = Value extends readonly (infer Item)[]
  ? readonly Item[]
  : string extends Value
    ? Value | Date
    : Value;

/**
 * Returns a function that represents objects as documents of a schema: `created_at` is an object's `createdAt`. It leaves out what the
 * schema does not name.
 */
export function representAs<Schema extends TObject>(
  schema: Schema,
): (object: Represented<Static<Schema>>) => Static<Schema>;
export function representAs({ properties }: TObject) {
  let names: readonly (readonly [name: string, property: string])[] | undefined;
  return (object: Readonly<Record<string, unknown>>): object => {
    names ??= Object.keys(properties).map((name) => [name, propertyName(name)]); // once: it takes longer than the rest
    const values = names.map(([name, property]) => {
      const value = object[property];
      return [name, isDate(value) ? value.toISOString() : value];
    });
    return Object.fromEntries(values);
  };
}

/** The values of a document, by their names in the domain. JSON has no undefined ones. */
type ValuesOf<Document> = {
  readonly [Name in keyof Document & string as PropertyName<Name>]: Exclude<Document[Name], undefined>;
};

/** Returns the values of a document of a request: its `event_types` are `eventTypes`. */
export function valuesOf<Document extends object>(document: Document): ValuesOf<Document>;
export function valuesOf(document: object): object {
  return Object.fromEntries(Object.entries(document).map(([name, value]) => [propertyName(name), value]));
}

// Pages

export const pageLimit = 50;

export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 200,
      default: pageLimit,
      description: "The maximum number of objects to return.",
    }),
  ),
  after: Type.Optional(Type.String({ minLength: 1, description: "The `next` of the previous page." })),
};

export const pageOf = <Schema extends TSchema>(schema: Schema) =>
  Type.Object(
    {
      data: Type.Array(schema),
      next: Nullable(Type.String({ description: "Send it as `after` to get the next page. Null on the last page." })),
    },
    { description: "One page." },
  );

/** The time after which a search of failures, audit records or mails ends. It compares 50,000 to 100,000 rows meanwhile. */
const searchMs = 1000;

/** Returns a function that returns whether the time of a search that begins now is over. */
export const searchDeadline = (clock: Pick<Clock, "monotonicMs">): (() => boolean) => deadlineAfter(clock, searchMs);

export const SearchedUntil = Nullable(
  Type.String({
    ...Timestamp,
    description:
      "Set if the time of this page was up before it was full: the search has come to this time. Continue with `next`, or narrow " +
      "the filter, for example with `since`.",
  }),
);

/** A page of a search, which may end before it is full. */
export const searchedPageOf = <Schema extends TSchema>(schema: Schema) =>
  Type.Object({ ...pageOf(schema).properties, searched_until: SearchedUntil }, { description: "One page." });

/** Represents a page of a search. */
export const representFoundPage = <Row, Cursor, Document>(
  { rows, next, searchedUntil }: FoundPage<Row, Cursor>,
  { represent, writeCursor }: { represent: (row: Row) => Document; writeCursor: (next: Cursor) => string },
): { data: Document[]; next: string | null; searched_until: string | null } => ({
  data: rows.map(represent),
  next: next && writeCursor(next),
  searched_until: searchedUntil?.toISOString() ?? null,
});

/** Represents a page of rows. One row more than `limit` was read, to learn whether another page follows. */
export function representPage<Row, Document>(
  rows: readonly Row[],
  limit: number,
  row: { represent: (row: Row) => Document; cursorOf: (row: Row) => string },
): { data: Document[]; next: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    data: page.map(row.represent),
    next: rows.length > limit && last !== undefined ? row.cursorOf(last) : null,
  };
}

/** Parses the `after` of a page query and refuses a text that is not one of our cursors. */
export function parseCursor<Cursor>(
  after: string | undefined,
  parse: (text: string) => Cursor | undefined,
): Cursor | undefined {
  return after === undefined ? undefined : (parse(after) ?? refuse("after", "is not the `next` of a page"));
}

export const parseUuid = (text: string): string | undefined =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? text : undefined;

/** Parses the named times of a query or body. The schema checks their format, which allows days that do not exist. */
export function parseTimes<Name extends string>(fields: { readonly [name in Name]?: string }, names: readonly Name[]) {
  const times: { [name in Name]?: Date } = {};
  for (const name of names) {
    const text = fields[name];
    if (text !== undefined) times[name] = parseTime(text) ?? refuse(name, "is not a time");
  }
  return times;
}

/** Parses the named times of a query whose schema is `Moment`. Spans end at `now`. */
export function parseMoments<Name extends string>(
  fields: { readonly [name in Name]?: string },
  names: readonly Name[],
  now: Date,
) {
  const times: { [name in Name]?: Date } = {};
  for (const name of names) {
    const text = fields[name];
    const moment = text === undefined ? undefined : parseMoment(text, now);
    if (isWrong(moment)) refuse(name, moment.wrong);
    if (moment !== undefined) times[name] = moment;
  }
  return times;
}

/** The `q` of a list. The description continues: "Words, each of which is in the recipient". */
export const Words = (places: string) =>
  Type.Optional(
    Type.String({ minLength: 1, maxLength: 200, description: `Words, each of which is in ${places}, in any case.` }),
  );

/** Parses a `q` whose schema is `Words`. */
export function parseQueryWords(q: string | undefined): readonly string[] | undefined {
  const words = q === undefined ? undefined : parseWords(q);
  return isWrong(words) ? refuse("q", words.wrong) : words;
}

function refuse(field: string, sentence: string): never {
  throw new Problem("invalid", { errors: { [field]: [sentence] } });
}

// Sealed cursors

const purpose = "cursor";

/**
 * Encrypts cursors that contain a number shared by all providers, such as a transaction number. A provider can neither read
 * the number nor probe for other numbers. A cursor works for its provider only.
 */
export interface CursorSeal {
  seal(providerId: number, cursor: string): string;
  /** Returns undefined for a text that is not one of this provider's cursors. */
  open(providerId: number, sealed: string): string | undefined;
}

export function createCursorSeal(encryption: Encryption): CursorSeal {
  return {
    seal: (providerId, cursor) => encryption.encrypt(purpose, `${providerId} ${cursor}`).toString("base64url"),
    open(providerId, sealed) {
      const opened = decrypt(encryption, sealed);
      const prefix = `${providerId} `;
      return opened?.startsWith(prefix) ? opened.slice(prefix.length) : undefined;
    },
  };
}

/** Refuses characters outside base64url. Buffer skips them, so several texts would be the same cursor. */
function decrypt(encryption: Encryption, sealed: string): string | undefined {
  const bytes = Buffer.from(sealed, "base64url");
  if (bytes.toString("base64url") !== sealed) return undefined;
  try {
    return encryption.decrypt(purpose, bytes);
  } catch {
    return undefined; // encrypted with another key, or never by us
  }
}
