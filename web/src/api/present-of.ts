import { ApiProblem, isGone } from "./api-problem.ts";

export const isClosed = (error: unknown): boolean => error instanceof ApiProblem && error.status === 403;

/** What a query brought, unless it has turned out since that it is gone, or closed: then it must not stay on the page. */
export const presentOf = <Data>({ data, error }: { data: Data | undefined; error: unknown }): Data | undefined =>
  isGone(error) || isClosed(error) ? undefined : data;
