import { expect, test } from "vitest";
import type { Job } from "../../api/jobs.ts";
import { describeJob, describeRest, describeSelection } from "./job-words.ts";

const names = {
  endpoints: new Map([["7", "crm"]]),
  eventTypes: new Map([["account.created", "Account created"]]),
};
const until = "2026-03-01T09:00:00.000Z";

test.each([
  ["the ids of rows", { ids: ["1.7", "2.7"] }, ["Selected rows"]],
  ["no filter", { filter: {} }, ["All"]],
  [
    "a cause, whose id nobody can read, up to a time in the provider's zone",
    { filter: { group: "d3c10242e84a370352fe574a", until } },
    ["Until 1 Mar 2026, 14:45:00 GMT+5:45", "One cause"],
  ],
  ["a text and a span", { filter: { q: "quay", since: "-1d" } }, ["“quay”", "Last 24 hours"]],
  [
    "values in the words of the lists",
    {
      filter: { state: ["failed", "pending"], endpoint_id: [7, 8], event_type: ["account.created"], latency_min: 1500 },
    },
    ["State: Failed, Pending", "Endpoint: crm, 8, deleted", "Event: Account created", "Latency over: 1.5 s"],
  ],
  ["a payload with a comma", { filter: { payload: "data.name = A, B" } }, ["Payload: data.name = A, B"]],
])("a job's selection is described as its list does: %s", (_what, selection, words) => {
  expect(describeSelection({ selection }, names, "Asia/Kathmandu")).toEqual(words);
});

const job: Job = {
  id: 1,
  kind: "retry",
  of: "failures",
  selection: { ids: 3 },
  endpoint_id: null,
  format: null,
  state: "done",
  total: 1200,
  done: 0,
  skipped: 0,
  failed: 0,
  error: null,
  bytes: 0,
  actor_kind: "admin",
  actor_name: null,
  created_at: until,
  finished_at: until,
  result_until: null,
  undo_until: null,
  undone_at: null,
};

test.each<[string, Partial<Job>, string]>([
  ["nothing", {}, ""],
  ["one row", { skipped: 1 }, "1 skipped: changed meanwhile"],
  ["rows of a replay", { kind: "replay", skipped: 1100 }, "1,100 skipped: pending, expired or not for this endpoint"],
  [
    "rows of an export",
    { kind: "export", skipped: 2, failed: 3, error: "The disk is full." },
    "2 skipped: expired meanwhile. 3 failed: The disk is full",
  ],
])("the rest of a job is named with its reason: %s", (_what, changes, words) => {
  expect(describeRest({ ...job, ...changes })).toBe(words);
});

test("a replay counts events, and other jobs the rows of their list", () => {
  expect(describeJob({ ...job, kind: "replay", of: "deliveries", done: 915 })).toBe("915 events replayed");
  expect(describeJob({ ...job, kind: "cancel", of: "deliveries", done: 915 })).toBe("915 deliveries cancelled");
});

test("a job whose deletion was undone says so", () => {
  const deletion: Job = { ...job, kind: "delete_failures", total: 5, done: 3, undone_at: until };
  expect(describeJob(deletion)).toBe("3 failures deleted, then undone");
  expect(describeJob({ ...deletion, state: "cancelled" })).toBe("Stopped: 3 of 5 failures deleted, then undone");
});
