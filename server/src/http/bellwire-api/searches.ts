import { Type, type TSchema } from "typebox";
import type { Database } from "#platform/database/database.ts";
import type { Provider } from "#portal/providers/index.ts";
import {
  type DeliveryFilterFields,
  type FilterErrors,
  type FoundPage,
  type ListName,
  type Search,
  countMatches,
  deliveryFilterFields,
  parseDeliveryFilter,
  prepareSearch,
  writeSearchCursor,
} from "#webhooks/search/index.ts";
import { Problem } from "../shared/problem.ts";
import { Nullable, Timestamp } from "./fields.ts";
import { operation, type Operation } from "./operation.ts";

export const SearchedUntil = Nullable(
  Type.String({
    ...Timestamp,
    description:
      "Set if the time of this page was up before it was full: the history from this time on has been searched. " +
      "Continue with `next`, or narrow the filter, for example with `since`.",
  }),
);

/** A page of a search, which may end before it is full. */
export const searchedPageOf = <Schema extends TSchema>(schema: Schema) =>
  Type.Object(
    {
      data: Type.Array(schema),
      next: Nullable(Type.String({ description: "Send it as `after` to get the next page. Null on the last page." })),
      searched_until: SearchedUntil,
    },
    { description: "One page." },
  );

/** Represents a page of a search. */
export const representFoundPage = <Row, Document>(
  { rows, next, searchedUntil }: FoundPage<Row>,
  represent: (row: Row) => Document,
): { data: Document[]; next: string | null; searched_until: string | null } => ({
  data: rows.map(represent),
  next: next && writeSearchCursor(next),
  searched_until: searchedUntil?.toISOString() ?? null,
});

/** Parses the filter of a request and finds the accounts that it names. Throws a Problem with field errors. */
export async function requireSearch(
  db: Database,
  {
    provider,
    fields,
    now,
    path = "",
  }: {
    readonly provider: Provider;
    readonly fields: DeliveryFilterFields;
    readonly now: Date;
    /** The place of the fields in a body, such as `filter.`. */
    readonly path?: string;
  },
): Promise<Search> {
  const refuse = (refused: FilterErrors): Problem => {
    const errors = Object.entries(refused).map(([name, sentences]) => [`${path}${name}`, sentences]);
    return new Problem("invalid", { errors: Object.fromEntries(errors) });
  };
  const parsed = parseDeliveryFilter(fields, now);
  if ("refused" in parsed) throw refuse(parsed.refused);
  const prepared = await prepareSearch(db, provider.id, parsed.filter);
  if ("refused" in prepared) throw refuse(prepared.refused);
  return prepared.search;
}

const CountSchema = Type.Object(
  {
    count: Type.Integer({ description: "The number of matches." }),
    about: Type.Boolean({
      description: "True if the number is an estimate, from 10,000 on or if counting takes too long.",
    }),
  },
  { title: "MatchCount", description: "How many match a filter." },
);

export const exampleCount = { count: 12_000, about: true };

/** Returns the operation that counts the rows of a list. */
export const countOperation = (
  list: ListName,
  { id, title, path }: Pick<Operation, "id" | "title" | "path">,
): Operation =>
  operation({
    id,
    title,
    description: "Exact up to 10,000. Larger numbers are estimates.",
    method: "GET",
    path,
    action: "read-webhooks",
    query: Type.Object(deliveryFilterFields),
    responses: { 200: CountSchema },
    async handle({ pool, clock }, { provider, now, query: fields }) {
      const search = await requireSearch(pool, { provider, fields, now });
      const { count, isEstimate } = await countMatches({ db: pool, clock }, list, search);
      return { count, about: isEstimate };
    },
  });
