import { Type, type Static } from "typebox";
import type { Database } from "#platform/database/database.ts";
import type { FairQueue } from "#platform/fair-queue.ts";
import { parseRowId } from "#platform/ids.ts";
import { jobLimits } from "#platform/limits.ts";
import { isoTime } from "#platform/times.ts";
import { changeWithAudit, recordAudit } from "#access/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { readEndpoint } from "#webhooks/endpoints/index.ts";
import {
  cancelJob,
  countRows,
  createJob,
  deleteJob,
  exportFormats,
  jobKinds,
  jobSubjects,
  listJobs,
  readJob,
  readResult,
  renderHeader,
  TooManyRows,
  type Job,
  type JobKind,
  type JobSubject,
  type RowKey,
  type SelectRows,
} from "#webhooks/jobs/index.ts";
import { parseDeliveryId, selectFailures, undoSeconds } from "#webhooks/deliveries/index.ts";
import {
  type ListName,
  type Search,
  type SearchNeeds,
  deliveryFilterFields,
  failureCriteria,
  failureFieldNames,
  hasClearlyMore,
  walk,
  withAbsoluteTimes,
} from "#webhooks/search/index.ts";
import { Problem } from "../shared/problem.ts";
import {
  IdOf,
  Nullable,
  pageLimit,
  pageOf,
  pageQuery,
  parseCursor,
  parseUuid,
  representAs,
  representPage,
  Timestamp,
} from "./fields.ts";
import {
  created,
  download,
  downloadQuery,
  noContent,
  noContentResponse,
  operation,
  requireFound,
  type Operation,
  type OperationNeeds,
} from "./operation.ts";
import { requireSearch } from "./searches.ts";

// Selections

/** The filter of a job: that of the lists. Which fields apply depends on the rows. */
const JobFilterSchema = Type.Object(
  {
    ...deliveryFilterFields,
    group: Type.Optional(
      Type.String({ pattern: "^[0-9a-f]{24}$", description: "Failures of this group of `listFailureGroups`." }),
    ),
  },
  {
    title: "JobFilter",
    description:
      "The rows of the list with the same filter. An empty filter matches every row. `since` and `until` of failures are " +
      "the times at which they failed.",
    additionalProperties: false,
  },
);
type JobFilter = Static<typeof JobFilterSchema>;

const failureFields: ReadonlySet<string> = new Set([...failureFieldNames, "group"]);

const appliesTo = (subject: JobSubject, name: string): boolean =>
  subject === "failures" ? failureFields.has(name) : name !== "group";

/** Refuses fields that do not apply to the rows: an ignored one would widen the selection. */
function requireFieldsOf(subject: JobSubject, filter: JobFilter): void {
  const wrong = Object.keys(filter).filter((name) => !appliesTo(subject, name));
  if (wrong.length === 0) return;
  const message = `does not apply to ${subject}`;
  throw new Problem("invalid", { errors: Object.fromEntries(wrong.map((name) => [`filter.${name}`, [message]])) });
}

/** Rows that a filter selects. */
interface FilteredRows {
  /** The filter with absolute times, so that it can be read later. */
  readonly filter: Readonly<Record<string, unknown>>;
  readonly rows: SelectRows;
}

/** Returns a function that reads all rows of a filter: those of the list, however long the search takes. */
async function selectByFilter(
  needs: SearchNeeds,
  {
    provider,
    subject,
    filter,
    now,
  }: { readonly provider: Provider; readonly subject: JobSubject; readonly filter: JobFilter; readonly now: Date },
): Promise<FilteredRows> {
  requireFieldsOf(subject, filter);
  const { group, ...fields } = filter;
  const search = await requireSearch(needs.db, { provider, fields, now, path: "filter." });
  return {
    filter: { ...filter, ...withAbsoluteTimes(fields, now) },
    rows: (db) =>
      subject === "failures" ? matchingFailures(db, search, group) : matchingRowKeys({ ...needs, db }, subject, search),
  };
}

async function* matchingRowKeys(
  needs: SearchNeeds,
  list: ListName,
  search: Search,
): AsyncGenerator<readonly RowKey[], void> {
  if (await hasClearlyMore(needs.db, list, search, jobLimits.rows.max)) throw new TooManyRows();
  for await (const { keys } of walk(needs, list, search, "select")) {
    yield list === "attempts" ? keys : keys.map(({ eventId, endpointId }) => ({ eventId, endpointId }));
  }
}

async function* matchingFailures(
  db: Database,
  search: Search,
  group: string | undefined,
): AsyncGenerator<readonly RowKey[], void> {
  yield* selectFailures(db, await failureCriteria(db, search, group));
}

const JobIdsSchema = Type.Array(Type.String({ minLength: 1 }), {
  minItems: 1,
  maxItems: jobLimits.ids.max,
  description:
    "Ids of deliveries. For exports of events, ids of events; for exports of attempts, ids of attempts or deliveries.",
});

/** Parses the id of an attempt: the delivery's, a dot and the attempt's number. */
function parseAttemptId(id: string): RowKey | undefined {
  const [, delivery = "", number] = /^(.+)\.([1-9]\d{0,4})$/.exec(id) ?? [];
  const key = parseDeliveryId(delivery);
  return key && { ...key, number: Number(number) };
}

const keyOfEvent = (id: string): RowKey | undefined => {
  const eventId = parseUuid(id);
  return eventId === undefined ? undefined : { eventId, endpointId: 0 };
};

const parseKey: Readonly<Record<JobSubject, (id: string) => RowKey | undefined>> = {
  deliveries: parseDeliveryId,
  failures: parseDeliveryId,
  attempts: (id) => parseAttemptId(id) ?? parseDeliveryId(id),
  events: keyOfEvent,
};

/** Returns a function that reads the first row of each event: a replay sends an event once, however many of its deliveries are selected. */
const onceEach = (rows: SelectRows): SelectRows =>
  async function* (db) {
    const eventIds = new Set<string>();
    for await (const batch of rows(db)) {
      yield batch.filter(({ eventId }) => {
        const isFirst = !eventIds.has(eventId);
        eventIds.add(eventId);
        return isFirst;
      });
    }
  };

/** Returns a function that reads the rows of these ids, the newest event first. */
function selectByIds(subject: JobSubject, ids: readonly string[]): SelectRows {
  const keys = [...new Set(ids)].map((id): RowKey => {
    const key = parseKey[subject](id);
    if (key) return key;
    throw new Problem("invalid", { errors: { ids: [`has ${id}, which is not an id of ${subject}`] } });
  });
  const newestFirst = keys.toSorted((one, other) => (one.eventId < other.eventId ? 1 : -1));
  return async function* () {
    yield newestFirst;
  };
}

// Jobs

const kind = Type.Enum([...jobKinds], {
  title: "JobKind",
  description:
    "`retry`: send deliveries now, whatever their state. `cancel`: cancel pending ones. `replay`: send the events of " +
    "deliveries to another endpoint, each once. `export`: a file. `delete_failures`: delete failures from the list.",
});
const subject = Type.Enum([...jobSubjects], {
  title: "JobSubject",
  description: "The rows. `failures`: deliveries on the failure list. `attempts`: for an export.",
});

/** The rows to which each kind of job applies. The first is the default. */
const subjectsOf: Readonly<Record<JobKind, readonly JobSubject[]>> = {
  retry: ["deliveries", "failures"],
  cancel: ["deliveries"],
  replay: ["deliveries", "failures"],
  export: ["deliveries", "failures", "events", "attempts"],
  delete_failures: ["failures"],
};

const JobSchema = Type.Object(
  {
    id: Type.Integer(),
    kind,
    of: subject,
    selection: Type.Unsafe<unknown>({
      ...Type.Record(Type.String(), Type.Unknown()),
      description: "The filter with absolute times, or the number of ids.",
    }),
    endpoint_id: Nullable(Type.Integer({ description: "The destination of a replay." })),
    format: Nullable(Type.Enum([...exportFormats])),
    state: Type.Enum(["running", "done", "cancelled"], { title: "JobState" }),
    total: Type.Integer({
      description: "The number of selected rows, of a replay that of their events. Fixed when the job was created.",
    }),
    done: Type.Integer(),
    skipped: Type.Integer({
      description:
        "Rows to which the job did not apply: they had changed meanwhile, or their event is one that the destination of a " +
        "replay never gets, such as one about itself.",
    }),
    failed: Type.Integer({ description: "Rows that could not be processed." }),
    error: Nullable(
      Type.String({
        description: "The last error of a row that could not be processed, or why the job has not started.",
      }),
    ),
    bytes: Type.Integer({ description: "The size of an export so far." }),
    actor_kind: Type.String(),
    actor_name: Nullable(Type.String()),
    created_at: Timestamp,
    finished_at: Nullable(Timestamp),
    result_until: Nullable(Type.String({ ...Timestamp, description: "An ended export can be downloaded until then." })),
    undo_until: Nullable(
      Type.String({
        ...Timestamp,
        description:
          "A deletion of failures can be undone until then: `undoDeletedFailures`. Null if it deleted none or was undone.",
      }),
    ),
    undone_at: Nullable(Type.String({ ...Timestamp, description: "When a deletion of failures was undone." })),
  },
  { title: "Job", description: "Work on selected rows in the background. Restarts do not interrupt it." },
);

const JobPreviewSchema = Type.Object(
  {
    dry_run: Type.Boolean({ description: "Always true." }),
    kind,
    of: subject,
    total: Type.Integer({ description: "The rows that match now, of a replay their events." }),
  },
  { title: "JobPreview", description: "The number of rows to which the job would apply. Nothing was changed." },
);

const NewJobSchema = Type.Object(
  {
    kind,
    of: Type.Optional(subject),
    filter: Type.Optional(JobFilterSchema),
    ids: Type.Optional(JobIdsSchema),
    endpoint_id: Type.Optional(IdOf("the endpoint to which a replay sends. A dry run needs none")),
    format: Type.Optional(Type.Enum([...exportFormats], { description: "The format of an export. Default: csv." })),
    dry_run: Type.Optional(Type.Boolean({ description: "Only counts the rows." })),
  },
  { title: "NewJob", additionalProperties: false },
);
type NewJobDocument = Static<typeof NewJobSchema>;

const dayMs = 86_400_000;

const toJob = representAs(JobSchema);
export function representJob(job: Job) {
  const { kind: jobKind, subject: of, state, finishedAt, undoneAt } = job;
  const canUndo = jobKind === "delete_failures" && job.done > 0 && undoneAt === null;
  const after = (ms: number): string | null => finishedAt && isoTime(finishedAt.getTime() + ms);
  return toJob({
    ...job,
    of,
    resultUntil: jobKind === "export" && state === "done" ? after(jobLimits.resultDays.max * dayMs) : null,
    undoUntil: canUndo ? after(undoSeconds * 1000) : null,
  });
}

const toJobPreview = representAs(JobPreviewSchema);
export const representJobPreview = (job: Pick<Job, "kind" | "subject" | "total">) =>
  toJobPreview({ ...job, dryRun: true, of: job.subject });

/** Returns the job of a request. The destination of a replay and the format of an export are required or refused. */
async function parseJob(
  { pool, clock, encryption }: OperationNeeds,
  { provider, now, body }: { readonly provider: Provider; readonly now: Date; readonly body: NewJobDocument },
) {
  const { id: providerId } = provider;
  const { kind: jobKind, of = subjectsOf[jobKind][0], filter, ids, endpoint_id: endpointId, format } = body;
  const { dry_run: dryRun } = body;
  const errors: Record<string, string[]> = {};
  if (of === undefined || !subjectsOf[jobKind].includes(of)) {
    errors["of"] = [`must be one of ${subjectsOf[jobKind].join(", ")} for ${jobKind}`];
  }
  // A forgotten filter must not select every row.
  if ((filter === undefined) === (ids === undefined)) errors["filter"] = ["or ids is required, and not both"];
  if (jobKind !== "export" && format !== undefined) errors["format"] = ["is only for an export"];
  if (jobKind === "replay") {
    const isOurs =
      endpointId === undefined ? dryRun : await readEndpoint(pool, encryption, { providerId, id: endpointId });
    if (!isOurs) errors["endpoint_id"] = ["must be an endpoint of yours"];
  } else if (endpointId !== undefined) errors["endpoint_id"] = ["is only for a replay"];
  if (of === undefined || Object.keys(errors).length > 0) throw new Problem("invalid", { errors });
  const filtered = filter && (await selectByFilter({ db: pool, clock }, { provider, subject: of, filter, now }));
  const rows = filtered ? filtered.rows : selectByIds(of, ids ?? []);
  return {
    providerId,
    kind: jobKind,
    subject: of,
    selection: filtered ? { filter: filtered.filter } : { ids: ids?.length ?? 0 },
    endpointId: endpointId ?? null,
    format: jobKind === "export" ? (format ?? "csv") : null,
    rows: jobKind === "replay" ? onceEach(rows) : rows,
  };
}

/** Waits for the provider's turn to select rows. Answers a selection that is too large as a limit. */
async function selecting<T>(selections: FairQueue, providerId: number, work: () => Promise<T>): Promise<T> {
  try {
    return await selections(["providers", String(providerId)], work);
  } catch (error) {
    if (!(error instanceof TooManyRows)) throw error;
    throw new Problem("limit-reached", { detail: error.message, errors: { filter: [error.message] }, cause: error });
  }
}

const contentTypes = { csv: "text/csv", ndjson: "application/x-ndjson" } as const;

const params = Type.Object({ id: IdOf("the job") });

export const jobOperations: readonly Operation[] = [
  operation({
    id: "createJob",
    title: "Start a job on selected rows",
    description:
      "Applies once to each row that matches when the job is created. Runs in the background and survives restarts. With " +
      "`dry_run`, responds with 200 and the number of rows.",
    method: "POST",
    path: "/jobs",
    action: "change-webhooks",
    body: NewJobSchema,
    responses: { 200: JobPreviewSchema, 201: JobSchema },
    async handle(needs, { provider, by: { actor }, now, body }) {
      const { pool, selections } = needs;
      const job = await parseJob(needs, { provider, now, body });
      if (body.dry_run === true) {
        return representJobPreview({
          ...job,
          total: await selecting(selections, provider.id, () => countRows(pool, job.rows)),
        });
      }
      const started = await selecting(selections, provider.id, () =>
        createJob(pool, {
          ...job,
          actor,
          follow: (tx, { id, total }) =>
            recordAudit(tx, {
              providerId: provider.id,
              actor,
              action: "job.started",
              subject: `job/${id}`,
              detail: { kind: job.kind, of: job.subject, ...job.selection, total },
            }),
        }),
      );
      return created(`/jobs/${started.id}`, representJob(started));
    },
  }),
  operation({
    id: "listJobs",
    title: "List the jobs, newest first",
    description: "Running and ended jobs. Exports are deleted after a week, other jobs with the history.",
    method: "GET",
    path: "/jobs",
    action: "read-webhooks",
    query: Type.Object({
      ...pageQuery,
      state: Type.Optional(Type.Enum(["running", "done", "cancelled"], { description: "Jobs in this state." })),
    }),
    responses: { 200: pageOf(JobSchema) },
    async handle({ pool }, { provider, query: { limit = pageLimit, after, state } }) {
      const beforeId = parseCursor(after, parseRowId);
      const jobs = await listJobs(pool, { providerId: provider.id, state, beforeId, limit: limit + 1 });
      return representPage(jobs, limit, { represent: representJob, cursorOf: ({ id }) => String(id) });
    },
  }),
  operation({
    id: "readJob",
    title: "Read the progress of a job",
    description: "`done`, `skipped` and `failed` add up to `total` at the end.",
    method: "GET",
    path: "/jobs/{id}",
    action: "read-webhooks",
    params,
    responses: { 200: JobSchema },
    async handle({ pool }, { provider, params: { id } }) {
      return representJob(requireFound(await readJob(pool, provider.id, id)));
    },
  }),
  operation({
    id: "cancelJob",
    title: "Stop a job",
    description: "It ends after at most 500 more rows. Processed rows stay as they are.",
    method: "POST",
    path: "/jobs/{id}/cancel",
    action: "change-webhooks",
    params,
    responses: { 200: JobSchema },
    async handle({ pool }, { provider, by: { actor }, params: { id } }) {
      const audit = { providerId: provider.id, actor, action: "job.cancelled", subject: `job/${id}`, detail: {} };
      const job = await changeWithAudit(pool, audit, (tx) => cancelJob(tx, provider.id, id));
      if (job) return representJob(job);
      requireFound(await readJob(pool, provider.id, id));
      throw new Problem("conflict", { detail: "The job has already ended." });
    },
  }),
  operation({
    id: "deleteJob",
    title: "Delete an ended job",
    description: "With the file of an export.",
    method: "DELETE",
    path: "/jobs/{id}",
    action: "change-webhooks",
    params,
    responses: noContentResponse,
    async handle({ pool }, { provider, by: { actor }, params: { id } }) {
      requireFound(await readJob(pool, provider.id, id));
      const audit = { providerId: provider.id, actor, action: "job.deleted", subject: `job/${id}`, detail: {} };
      const isDeleted = await changeWithAudit(pool, audit, (tx) => deleteJob(tx, provider.id, id));
      if (!isDeleted) throw new Problem("conflict", { detail: "The job is running. Stop it first." });
      return noContent;
    },
  }),
  operation({
    id: "readJobResult",
    title: "Download an export",
    description:
      "Streamed, the newest row first. In CSV, an apostrophe precedes texts that a spreadsheet would execute as a formula.",
    method: "GET",
    path: "/jobs/{id}/result",
    action: "read-webhooks",
    params,
    query: Type.Object(downloadQuery),
    responses: {
      200: {
        description: "The whole file.",
        content: {
          "text/csv": { schema: Type.String() },
          "application/x-ndjson": { schema: Type.String() },
        },
      },
    },
    mayConflict: true,
    async handle({ pool }, { provider, params: { id }, query, streamBody }) {
      const found = requireFound(await readJob(pool, provider.id, id));
      const { kind: jobKind, state, format, subject: of, createdAt } = found;
      if (jobKind !== "export" || !format) throw new Problem("conflict", { detail: "Only an export has a result." });
      if (state === "running") throw new Problem("conflict", { detail: "The export has not ended." });
      if (state === "cancelled")
        throw new Problem("conflict", { detail: "The export was cancelled, so it has no result." });
      async function* lines(): AsyncGenerator<Buffer, void> {
        const header = Buffer.from(renderHeader(of, format ?? "csv"));
        if (header.length > 0) yield header;
        yield* readResult(pool, { providerId: provider.id, id });
      }
      const name = `${of}-${createdAt.toISOString().slice(0, 19).replaceAll(":", "-")}.${format}`;
      return download({ streamBody }, { name, type: contentTypes[format], parts: lines(), query });
    },
  }),
];
