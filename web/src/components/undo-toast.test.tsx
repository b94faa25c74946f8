import { expect, test } from "vitest";
import type { Failure } from "../api/deliveries.ts";
import type { Job } from "../api/jobs.ts";
import { click, findButton } from "../testing/show-in-portal.tsx";
import { type Server, says, showPage, shown } from "../testing/show-page.tsx";
import { waitFor } from "../testing/wait-for.ts";

const id = "0192f0c1-0000-7000-8000-000000000001";

const failure: Failure = {
  id,
  delivery_id: `${id}.1`,
  endpoint_id: 1,
  endpoint_name: "crm",
  event_type: "account.created",
  account_id: 7,
  account_name: "Quay Books",
  attempts_made: 3,
  failed_at: "2026-03-01T09:00:05.200Z",
  error: "Answered 500",
  url_masked: "https://crm.example/in",
};

const menu = "Actions for account.created of Quay Books to crm, 1 Mar 2026, 09:00:05 UTC";
const undo = "POST /api/v1/failures/deletions/7/undo";
const soon = "2999-01-01T00:00:00Z";

const server: Server = {
  "GET /api/v1/failures": () => [200, { data: [failure], next: null }],
  "GET /api/v1/failures/count": () => [200, { count: 1, muted: 0 }],
  "GET /api/v1/endpoints": () => [200, { data: [{ id: 1, name: "crm" }], next: null }],
  "GET /api/v1/event_types": () => [200, { data: [{ type: "account.created", label: "Account created" }] }],
  "GET /api/v1/jobs": () => [200, { data: [], next: null }],
  "DELETE /api/v1/failures": ({ query }) => [
    200,
    query.has("ids")
      ? { deleted: 1, deletion_id: 7, undo_until: soon }
      : { deleted: 0, deletion_id: 6, undo_until: soon },
  ],
  "POST /api/v1/failures/deletions/6/undo": () => [200, { restored: 0 }],
  [undo]: () => [200, { restored: 1 }],
};

/** Deletes the failure, and presses Undo. */
async function undoDeletion(undone: Server): Promise<ReturnType<typeof showPage>> {
  const page = showPage("/failures?view=list", { ...server, ...undone });
  await says("Quay Books");
  await click(menu);
  await click("Delete this and all older failures");
  await click("Delete");
  await says("1 failure deleted");
  await click("Undo");
  return page;
}

test("an undo without a response may have been made, and can be tried again", async () => {
  let isAway = true;
  const page = await undoDeletion({ [undo]: () => (isAway ? [502, {}] : [200, { restored: 1 }]) });
  await says("It may have been undone nevertheless");
  isAway = false;
  await click("Undo");
  await says("1 failure is on the list again");
  expect(shown()).not.toContain("It may have been undone");
  expect(page.askedFor(undo)).toHaveLength(2);
});

test("a refused undo says why, and is not offered again", async () => {
  await undoDeletion({ [undo]: () => [409, { title: "The deletion can no longer be undone." }] });
  await says("It could not be undone");
  await says("The deletion can no longer be undone.");
  expect(() => findButton("Undo")).toThrow("There is no");
});

test("a second undo that is refused after a lost response does not say that nothing was undone", async () => {
  let isAway = true;
  await undoDeletion({
    [undo]: () => (isAway ? [502, {}] : [409, { title: "The deletion can no longer be undone." }]),
  });
  await says("It may have been undone nevertheless");
  isAway = false;
  await click("Undo");
  await says("The undo without a response may have been made: look at the page");
  expect(shown()).not.toContain("It could not be undone");
});

test("an undo of two deletions counts what returned if one is refused, and repeats only the one without a response", async () => {
  const refused: [number, object] = [409, { title: "The deletion can no longer be undone." }];
  await undoDeletion({ "POST /api/v1/failures/deletions/6/undo": () => refused });
  await says("Only 1 failure on the list again");
  expect(shown()).toContain("The deletion can no longer be undone.");

  let isAway = true;
  const older = "POST /api/v1/failures/deletions/6/undo";
  const page = await undoDeletion({
    [older]: () => [200, { restored: 4 }],
    [undo]: () => (isAway ? [502, {}] : [200, { restored: 1 }]),
  });
  await says("It may have been undone nevertheless");
  isAway = false;
  await click("Undo");
  await says("5 failures are on the list again");
  expect(page.askedFor(older)).toHaveLength(1);
});

test("an undo promises no failure whose delivery was retried meanwhile", async () => {
  await undoDeletion({ [undo]: () => [200, { restored: 0 }] });
  await says("No failure returned to the list");
  expect(shown()).toContain("The deliveries were retried meanwhile.");
});

const deletion: Job = {
  id: 7,
  kind: "delete_failures",
  of: "failures",
  selection: {},
  endpoint_id: null,
  format: null,
  state: "done",
  total: 5,
  done: 5,
  skipped: 0,
  failed: 0,
  error: null,
  bytes: 0,
  actor_kind: "admin",
  actor_name: "mia",
  created_at: "2026-03-01T09:00:00.000Z",
  finished_at: "2026-03-01T09:00:01.000Z",
  result_until: null,
  undo_until: soon,
  undone_at: null,
};

test("the undo of a job counts the failures that returned, and the focus of its button moves to the page", async () => {
  let job = deletion;
  showPage("/jobs", {
    ...server,
    "GET /api/v1/jobs": () => [200, { data: [job], next: null }],
    [undo]: () => {
      job = { ...deletion, undo_until: null, undone_at: "2026-03-01T09:00:30.000Z" };
      return [200, { restored: 3 }];
    },
  });
  await says("5 failures deleted");
  findButton("Undo: 5 failures deleted").focus();
  await click("Undo: 5 failures deleted");
  await says("3 failures are on the list again");
  await says("5 failures deleted, then undone");
  await waitFor(() => expect(document.activeElement?.tagName).toBe("MAIN"));
});
