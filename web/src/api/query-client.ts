import { QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "./api-problem.ts";

/** Options of a list that the stream keeps up to date, row by row. While it is not shown, changes are missed. */
export const followedByStream = { staleTime: Infinity, refetchOnMount: "always", refetchOnWindowFocus: false } as const;

/** Creates the cache of API responses that all pages share. */
export const createQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000, // covers changes that the stream does not report
        // Retries only network errors and server errors. A rejected request would be rejected again.
        retry: (failures, error) => failures < 2 && !(error instanceof ApiProblem && error.status < 500),
      },
      // Without a network a change fails at once. Otherwise it would wait, and run when nobody expects it any more.
      mutations: { networkMode: "always" },
    },
  });
