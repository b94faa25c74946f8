import { expect, test } from "vitest";
import { ApiProblem } from "../../api/api-problem.ts";
import { type BulkOutcome, type BulkReport, retryRefused, runBulk, startReport } from "./bulk-run.ts";

const objects = (count: number) => Array.from({ length: count }, (_, at) => ({ id: at + 1, name: `Quay ${at + 1}` }));
const done = (ids: readonly number[]): BulkOutcome[] => ids.map((id) => ({ id, done: true }));

interface Answers {
  readonly isDeletion?: boolean;
  readonly stopAfter?: number;
  readonly answer: (ids: readonly number[], request: number) => BulkOutcome[];
}

/** Runs an operation against a server, and returns the last report with the requests and the progress. */
async function run(start: BulkReport, { isDeletion = false, stopAfter = Infinity, answer }: Answers) {
  const requests: number[][] = [];
  const progress: number[] = [];
  const report = await runBulk(start, {
    isDeletion,
    act: async (ids) => {
      requests.push(ids);
      return answer(ids, requests.length);
    },
    isStopped: () => requests.length >= stopAfter,
    onProgress: ({ total, rest }) => progress.push(total - rest.length),
  });
  return { report, requests, progress };
}

test("each object is sent once, in small requests, with the progress after each", async () => {
  const { report, requests, progress } = await run(startReport(objects(60)), { answer: done });
  expect(requests.flat()).toEqual(objects(60).map(({ id }) => id));
  expect(requests.map(({ length }) => length)).toEqual([25, 25, 10]);
  expect(progress).toEqual([25, 50, 60]);
  expect([report.done.length, report.rest.length, report.problem]).toEqual([60, 0, undefined]);
});

test("a stop sends no further request, and says which were not tried", async () => {
  const { report, requests } = await run(startReport(objects(60)), { answer: done, stopAfter: 1 });
  expect(requests.length).toBe(1);
  expect([report.done.length, report.rest.length, report.unsureCount]).toEqual([25, 35, 0]);
});

test.each([
  ["no response", new TypeError("Failed to fetch"), 25, "The server did not respond."],
  ["a timeout", new DOMException("late", "TimeoutError"), 25, "The server did not respond."],
  ["an error of a proxy", new ApiProblem(502, undefined), 25, "The server did not respond."],
  ["an internal error", new ApiProblem(500, { title: "An error" }), 25, "An error."],
  ["an ended session, which changes nothing", new ApiProblem(401, { title: "Sign in" }), 0, "Sign in."],
])("%s stops the operation and says which may have been changed", async (_, error, unsureCount, problem) => {
  const { report } = await run(startReport(objects(60)), {
    answer: (ids, request) => {
      if (request === 2) throw error;
      return done(ids);
    },
  });
  expect(report).toMatchObject({ unsureCount, problem });
  expect([report.done.length, report.rest.length]).toEqual([25, 35]);
});

test("a continued operation repeats the lost request first, and counts what that had done as such already", async () => {
  const lost = await run(startReport(objects(60)), {
    answer: () => {
      throw new TypeError("Failed to fetch");
    },
  });
  const { report, requests } = await run(lost.report, {
    answer: (ids, request) => ids.map((id) => ({ id, done: request > 1, ...(request === 1 && { unchanged: true }) })),
  });
  expect(requests[0]).toEqual(lost.requests[0]);
  expect(report).toMatchObject({ unchanged: requests[0], unsureCount: 0, rest: [], refused: [] });
  expect([report.done.length, report.problem]).toEqual([35, undefined]);
});

test("what is gone counts as deleted already for a deletion, and is named for others", async () => {
  const answer = (ids: readonly number[]) =>
    ids.map((id) => ({ id, done: false, code: "not-found", title: "Not found." }));
  const deletion = await run(startReport(objects(2)), { isDeletion: true, answer });
  expect(deletion.report).toMatchObject({ unchanged: [1, 2], refused: [] });
  const other = await run(startReport(objects(1)), { answer });
  expect(other.report.refused).toEqual([{ id: 1, name: "Quay 1", code: "not-found", why: "Not found." }]);
});

test("a database that is full stops the operation, and the objects that it refused are tried again", async () => {
  const { report, requests } = await run(startReport(objects(60)), {
    answer: (ids) =>
      ids.map((id) => (id < 3 ? { id, done: true } : { id, done: false, code: "database-full", title: "It is full." })),
  });
  expect(requests.length).toBe(1);
  expect(report).toMatchObject({ done: [1, 2], unsureCount: 0, problem: "It is full.", refused: [] });
  expect(report.rest.map(({ id }) => id)).toEqual(
    objects(60)
      .slice(2)
      .map(({ id }) => id),
  );
});

test("a database that did not respond leaves in doubt the object that it was changing", async () => {
  const { report } = await run(startReport(objects(4)), {
    answer: (ids) => ids.map((id) => (id < 3 ? { id, done: true } : { id, done: false, code: "database-away" })),
  });
  expect([report.unsureCount, report.rest.map(({ id }) => id)]).toEqual([2, [3, 4]]);
});

test("a retry reaches only those that were refused and still match", async () => {
  const codes = ["internal", "no-longer-matching", "not-found", "too-many-changes"];
  const { report } = await run(startReport(objects(4)), {
    answer: (ids) => ids.map((id) => ({ id, done: false, code: codes[id - 1] ?? "", title: "No." })),
  });
  const { report: retried, requests } = await run(retryRefused(report), { answer: done });
  expect(requests).toEqual([[1, 4]]);
  expect([retried.done, retried.refused.map(({ id }) => id), retried.total]).toEqual([[1, 4], [2, 3], 4]);
});
