import type { Failure } from "../../api/failure-queries.ts";

/** Which failures: some of an endpoint, those up to a time, or every one. */
export type Chosen =
  | { readonly endpoint_id: number; readonly ids: string[] }
  | { readonly until: string }
  | { readonly all: true };

/** Just these, an endpoint at a time: an event that failed at two endpoints has the same id at both. */
export const chooseFailures = (failures: readonly Pick<Failure, "endpoint_id" | "id">[]): readonly Chosen[] =>
  [...Map.groupBy(failures, ({ endpoint_id }) => endpoint_id)].map(([endpoint_id, ofEndpoint]) => ({
    endpoint_id,
    ids: ofEndpoint.map(({ id }) => id),
  }));
