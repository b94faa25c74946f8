import type { Failure } from "../../api/failure-queries.ts";

/** Which failures: some of an endpoint, those up to a time, every one of an endpoint, or every one. */
export type Chosen =
  | { readonly endpoint_id: number; readonly ids: string[] }
  | { readonly endpoint_id?: number; readonly until: string }
  | { readonly endpoint_id: number }
  | { readonly all: true };

/** What it takes to tell a failure from the others. */
type Named = Pick<Failure, "endpoint_id" | "id">;
type Timed = Named & Pick<Failure, "failed_at">;

/** The API takes 200 at once; so many ids still fit into an address that every proxy lets through. */
const idsMax = 100;

/** Just these, an endpoint at a time: an event that failed at two endpoints has the same id at both. */
export const chooseFailures = (failures: readonly Named[]): readonly Chosen[] =>
  [...Map.groupBy(failures, ({ endpoint_id }) => endpoint_id)].flatMap(([endpoint_id, ofEndpoint]) =>
    piecesOf(ofEndpoint.map(({ id }) => id)).map((ids) => ({ endpoint_id, ids })),
  );

function piecesOf(ids: readonly string[]): string[][] {
  const count = Math.ceil(ids.length / idsMax);
  return Array.from({ length: count }, (_, place) => ids.slice(place * idsMax, (place + 1) * idsMax));
}

/**
 * One that is shown, and all that are older, of the endpoint if there is one. The API takes whole seconds, in which others
 * may have failed after this one: of its own second, only those that are shown and not newer.
 */
export function chooseUpTo(shown: readonly Timed[], last: Timed, filter: { endpoint_id?: number }): readonly Chosen[] {
  const second = secondOf(last);
  const ofItsSecond = shown.filter((it) => secondOf(it) === second && it.failed_at <= last.failed_at);
  return [{ ...filter, until: new Date(second * 1000 - 1).toISOString() }, ...chooseFailures(ofItsSecond)];
}

const secondOf = ({ failed_at }: Timed): number => Math.floor(Date.parse(failed_at) / 1000);

/** How many that is, where it can be known beforehand. */
export function countOf(chosen: readonly Chosen[]): number | undefined {
  const counts = chosen.map((it) => ("ids" in it ? it.ids.length : NaN));
  const count = counts.reduce((sum, each) => sum + each, 0);
  return Number.isNaN(count) ? undefined : count;
}
