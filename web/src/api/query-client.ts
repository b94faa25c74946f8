import { QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "./api-problem.ts";

/** Keeps what the APIs answered, for every page. */
export const createQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000, // the stream tells what changed; this is for what it cannot tell
        // A refusal stays one. Only what did not reach the server, or broke it, is worth another try.
        retry: (failures, error) => failures < 2 && !(error instanceof ApiProblem && error.status < 500),
      },
      // Without a network a change fails at once: else it would wait unseen, and be done when nobody expects it any more.
      mutations: { networkMode: "always" },
    },
  });
