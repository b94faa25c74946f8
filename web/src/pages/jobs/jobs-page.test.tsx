import { expect, test } from "vitest";
import type { Job } from "../../api/jobs.ts";
import { click } from "../../testing/show-in-portal.tsx";
import { says, showPage, shown } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";

const job: Job = {
  id: 97,
  kind: "export",
  of: "failures",
  selection: {},
  endpoint_id: null,
  format: "csv",
  state: "done",
  total: 31,
  done: 31,
  skipped: 0,
  failed: 0,
  error: null,
  bytes: 4000,
  actor_kind: "admin",
  actor_name: "mia",
  created_at: "2026-03-01T09:00:00.000Z",
  finished_at: "2026-03-01T09:00:05.000Z",
  result_until: "2999-01-01T00:00:00Z",
  undo_until: null,
  undone_at: null,
};

/** Shows a job, and presses Delete in its menu. */
async function pressDelete(listed: Job, name: string) {
  let jobs = [listed];
  const page = showPage("/jobs", {
    "GET /api/v1/jobs": () => [200, { data: jobs, next: null }],
    "DELETE /api/v1/jobs/97": () => {
      jobs = [];
      return [204, undefined];
    },
  });
  await says(name);
  await click(`Actions for ${name}`);
  await click("Delete");
  return { deleted: () => page.askedFor("DELETE /api/v1/jobs/97").length };
}

test("an export is deleted after a question, because its file is lost", async () => {
  const { deleted } = await pressDelete(job, "31 failures exported");
  await says("Delete the exported file?");
  await click("Cancel");
  await waitFor(() => expect(shown()).not.toContain("Delete the exported file?"));
  expect(deleted()).toBe(0);

  await click("Actions for 31 failures exported");
  await click("Delete");
  await says("Nobody can download the file any more.");
  await click("Delete");
  await says("The job was deleted");
  await waitFor(() => expect(shown()).not.toContain("Delete the exported file?"));
  expect(deleted()).toBe(1);
});

test("a job without a file is deleted without a question", async () => {
  const { deleted } = await pressDelete({ ...job, kind: "retry", result_until: null }, "31 failures retried");
  await says("The job was deleted");
  expect(deleted()).toBe(1);
});
