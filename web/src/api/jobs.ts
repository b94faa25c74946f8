import { keepPreviousData, infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { type ApiClient, type BellwireSchemas, pagesQuery, responseBody } from "./bellwire-client.ts";

export type Job = BellwireSchemas["Job"];
export type NewJob = BellwireSchemas["NewJob"];
export type JobKind = Job["kind"];
export type JobSubject = Job["of"];
export type JobFilter = BellwireSchemas["JobFilter"];

const pollMs = 1000;
const idlePollMs = 30_000;

/** A job that ended this recently is still shown beside the running ones. */
export const recentMs = 5 * 60_000;

export const isRunning = ({ state }: Job): boolean => state === "running";

/**
 * The newest jobs, for the indicator and the pages that start jobs. Polls each second while one runs, because the stream
 * does not report their progress.
 */
export const newestJobsQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["jobs", "newest"],
    queryFn: async () => (await responseBody(api.GET("/api/v1/jobs", { params: { query: { limit: 20 } } }))).data,
    refetchInterval: ({ state }) => (state.data?.some(isRunning) ? pollMs : idlePollMs),
  });

export const jobsQuery = (api: ApiClient) =>
  infiniteQueryOptions({
    ...pagesQuery(["jobs", "list"], (query) => responseBody(api.GET("/api/v1/jobs", { params: { query } }))),
    // Other windows and colleagues start jobs, too.
    refetchInterval: ({ state }) => (state.data?.pages.some(({ data }) => data.some(isRunning)) ? pollMs : idlePollMs),
  });

/** The queries of started jobs. */
export const listedJobs = [
  ["jobs", "newest"],
  ["jobs", "list"],
] as const;

/** Counts the rows to which a job would apply. Undefined while the input is incomplete. */
export const jobPreviewQuery = (api: ApiClient, job: NewJob | undefined) =>
  queryOptions({
    queryKey: ["jobs", "preview", job],
    queryFn: async () => {
      if (!job) return 0;
      const answer = await responseBody(api.POST("/api/v1/jobs", { body: { ...job, dry_run: true } }));
      return answer.total;
    },
    enabled: job !== undefined,
    placeholderData: keepPreviousData,
    gcTime: 0, // counts change, so each dialog counts again
    retry: false,
  });

export const resultPath = ({ id }: Job): string => `/api/v1/jobs/${id}/result?byte_order_mark=true`;

/** The queries that jobs change. */
export const changedByJobs = [["deliveries"], ["failures"], ["endpoints"], ["events", "one"]] as const;
