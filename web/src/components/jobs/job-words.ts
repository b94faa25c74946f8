import type { Job, JobKind, JobSubject } from "../../api/jobs.ts";
import { formatCount } from "../counts.ts";
import type { Outcome } from "../toast-context.ts";
import { type FilterNamesById, definitionsFor, describeFilter, describeSpan } from "../filters/filter-table.ts";

const nouns = {
  deliveries: ["delivery", "deliveries"],
  failures: ["failure", "failures"],
  events: ["event", "events"],
  // A job on attempts counts their deliveries.
  attempts: ["delivery", "deliveries"],
} as const satisfies Record<JobSubject, readonly [one: string, several: string]>;

/** Returns "12,431 failures", "1 delivery". */
export const countedRows = (count: number, of: JobSubject): string =>
  `${formatCount(count)} ${nouns[of][count === 1 ? 0 : 1]}`;

/** Returns what the total of a job counts: a replay sends an event of several deliveries once. */
export const countedSubject = ({ kind, of }: Pick<Job, "kind" | "of">): JobSubject =>
  kind === "replay" ? "events" : of;

const verbs = {
  retry: "Retry",
  cancel: "Cancel",
  replay: "Replay",
  export: "Export",
  delete_failures: "Delete",
} as const satisfies Record<JobKind, string>;

/** Returns "Retry 12,431 failures". Without a count yet: "Retry failures". */
export const describeAction = (kind: JobKind, count: number | undefined, of: JobSubject): string =>
  `${verbs[kind]} ${count === undefined ? nouns[of][1] : countedRows(count, of)}`;

const running = {
  retry: "Retrying",
  cancel: "Cancelling",
  replay: "Replaying",
  export: "Exporting",
  delete_failures: "Deleting",
} as const satisfies Record<JobKind, string>;

const done = {
  retry: "retried",
  cancel: "cancelled",
  replay: "replayed",
  export: "exported",
  delete_failures: "deleted",
} as const satisfies Record<JobKind, string>;

/** Its process ended before it had stored the rows. */
const hasNotStarted = ({ state, total, error }: Pick<Job, "state" | "total" | "error">): boolean =>
  state === "cancelled" && total === 0 && error !== null;

/**
 * Returns "Retrying 12,431 failures", "12,430 failures retried", "Stopped: 500 of 12,431 failures retried",
 * "3 failures deleted, then undone".
 */
export function describeJob(job: Job): string {
  const { kind, state, total, done: count, undone_at } = job;
  const rest = undone_at === null ? "" : ", then undone";
  const of = countedSubject(job);
  if (hasNotStarted(job)) return `Not started: ${describeAction(kind, undefined, of)}`;
  switch (state) {
    case "running":
      return `${running[kind]} ${countedRows(total, of)}`;
    case "done":
      return `${countedRows(count, of)} ${done[kind]}${rest}`;
    case "cancelled":
      return `Stopped: ${formatCount(count)} of ${countedRows(total, of)} ${done[kind]}${rest}`;
  }
}

/** Why a job does not apply to some of its rows. */
const reasonsToSkip = {
  retry: "changed meanwhile",
  cancel: "changed meanwhile",
  replay: "pending, expired or not for this endpoint",
  export: "expired meanwhile",
  delete_failures: "changed meanwhile",
} as const satisfies Record<JobKind, string>;

/** Returns the rows that were not changed, with the reason: "12 skipped: …", without a last full stop. Empty if there are none. */
export function describeRest(job: Job): string {
  const { kind, skipped, failed, error } = job;
  const parts = [
    ...(hasNotStarted(job) && error !== null ? [error] : []),
    ...(skipped > 0 ? [`${formatCount(skipped)} skipped: ${reasonsToSkip[kind]}`] : []),
    ...(failed > 0 ? [`${formatCount(failed)} failed${error === null ? "" : `: ${error}`}`] : []),
  ];
  return parts.join(". ").replace(/\.$/, "");
}

/** Returns the processed part of a job in percent. */
export const percentOf = ({ total, done: count, skipped, failed }: Job): number =>
  total === 0 ? 100 : Math.floor(((count + skipped + failed) / total) * 100);

/** Returns the filter of a job in the words of the lists: "“quay”", "Until 1 Mar 2026, 09:00:00 UTC", "State: Failed". */
export function describeSelection(
  { selection }: Pick<Job, "selection">,
  names: FilterNamesById,
  timeZone: string,
): readonly string[] {
  const { ids, filter } = Object.fromEntries(Object.entries(selection));
  if (ids !== undefined) return ["Selected rows"];
  const values = new Map(Object.entries(filter ?? {}).map(([name, value]) => [name, [value].flat().join(",")]));
  const [q, since, until] = ["q", "since", "until"].map((name) => values.get(name));
  const words = [
    ...(q ? [`“${q}”`] : []),
    ...(since || until ? [describeSpan({ ...(since && { since }), ...(until && { until }) }, timeZone)] : []),
    ...(values.has("group") ? ["One cause"] : []), // an id, which nobody can read
    // The deliveries have all filters.
    ...definitionsFor("deliveries").flatMap((definition) => {
      const value = values.get(definition.name);
      return value === undefined ? [] : [`${definition.label}: ${describeFilter(definition, value, names)}`];
    }),
  ];
  return words.length > 0 ? words : ["All"];
}

/** Returns the message after the undo of a deletion. Failures whose deliveries were retried meanwhile do not return. */
export const describeRestored = (restored: number): Outcome =>
  restored === 0
    ? { kind: "warning", title: "No failure returned to the list", detail: "The deliveries were retried meanwhile." }
    : {
        kind: "success",
        title: `${countedRows(restored, "failures")} ${restored === 1 ? "is" : "are"} on the list again`,
      };

/** The consequences of an action, for its dialog. */
export const consequences = {
  retry: "Each is sent again with the same id and the same bytes, with a new round of attempts.",
  cancel: "They are not sent any more and do not count as failures. This cannot be undone.",
  replay: "Each event is sent to the endpoint once, with the same webhook-id, whatever it received before.",
  export: "The file is written in the background. It can be downloaded for a week.",
  delete_failures:
    "They leave the list and are not retried. Their deliveries stay readable. You can undo this for a minute.",
} as const satisfies Record<JobKind, string>;
