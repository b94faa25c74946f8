import { useState } from "react";
import { expect, test } from "vitest";
import { click, rejection, showInPortal, tick } from "../../testing/show-in-portal.tsx";
import { says, showPage } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { FailureList, chooseUpTo } from "./failure-list.tsx";

const failure = {
  id: "0195d1f0-0000-7000-8000-000000000001",
  delivery_id: "0195d1f0-0000-7000-8000-000000000001.1",
  endpoint_id: 1,
  endpoint_name: "default",
  event_type: "account.created",
  account_id: 4,
  account_name: "Quay Books",
  attempts_made: 5,
  failed_at: "2026-03-01T09:00:00Z",
  error: "The receiver answered 500.",
  url_masked: "https://quay.example/…",
};

test("a failed deletion is reported in its dialog", async () => {
  const problem = { title: "Too many requests.", code: "rate-limited" };
  const upTo = new Date("2026-03-01T09:00:01Z");
  showInPortal(<FailureList failures={[failure]} filter={{}} upTo={upTo} keepRows={() => undefined} />, {
    answers: { "DELETE failures?until=2026-03-01T08%3A59%3A59.999Z": [429, problem] },
  });
  await click("Actions for account.created of Quay Books to default, 1 Mar 2026, 09:00:00 UTC");
  await click("Delete this and all older failures");
  await click("Delete");
  await waitFor(() => expect(rejection()).toContain("Too many requests."));
});

test.each([
  [{}, true],
  [{ endpoint_id: "1" }, true],
  [{ endpoint_id: "1,2" }, false],
  [{ endpoint_id: "1", status: "500" }, false],
  [{ q: "quay" }, false],
])("failures up to a time are deleted only from a list that shows all of these: %o, %s", async (filter, isOffered) => {
  const upTo = new Date("2026-03-01T09:00:01Z");
  showInPortal(<FailureList failures={[failure]} filter={filter} upTo={upTo} keepRows={() => undefined} />, {
    answers: {},
  });
  await click("Actions for account.created of Quay Books to default, 1 Mar 2026, 09:00:00 UTC");
  await waitFor(() => expect(document.body.textContent).toContain("Retry"));
  expect(document.body.textContent.includes("Delete this and all older failures")).toBe(isOffered);
  expect(document.body.textContent.includes("Delete older failures…")).toBe(isOffered);
});

test("a new failure and a ticked row leave the other rows of a long list as they are", async () => {
  let rendered: string[] = [];
  const watched = ["Quay Books", "Ferry Lines", "Silent Reef"].map((account_name, number) => ({
    ...failure,
    delivery_id: `${failure.id}.${number}`,
    account_name,
    get error() {
      rendered.push(account_name);
      return failure.error;
    },
  }));
  const [first, ...older] = watched;
  function Failures() {
    const [isUpdated, setUpdated] = useState(false);
    return (
      <>
        <button onClick={() => setUpdated(true)}>Update</button>
        <FailureList
          failures={isUpdated && first ? [first, ...older] : older}
          filter={{}}
          upTo={new Date("2026-03-01T09:00:01Z")}
          keepRows={() => undefined}
        />
      </>
    );
  }
  showInPortal(<Failures />, { answers: {} });
  await waitFor(() => expect(rendered).not.toEqual([]));
  rendered = [];
  await click("Update");
  expect(new Set(rendered)).toEqual(new Set(["Quay Books"]));
  rendered = [];
  await tick(`tick-${failure.id}.1`);
  expect(new Set(rendered)).toEqual(new Set());
});

test("choosing up to a failure excludes later failures of its second, and limits ids to their endpoint", () => {
  const shown = [
    { endpoint_id: 1, id: "after it", failed_at: "2026-03-01T09:00:05.300Z" },
    { endpoint_id: 1, id: "itself", failed_at: "2026-03-01T09:00:05.200Z" },
    { endpoint_id: 2, id: "before it", failed_at: "2026-03-01T09:00:05.100Z" },
    { endpoint_id: 1, id: "older", failed_at: "2026-03-01T09:00:04.100Z" },
  ];
  const itself = { endpoint_id: 1, id: "itself", failed_at: "2026-03-01T09:00:05.200Z" };
  expect(chooseUpTo(shown, itself, {})).toEqual([
    { until: "2026-03-01T09:00:04.999Z" },
    { endpoint_id: 1, ids: ["itself"] },
    { endpoint_id: 2, ids: ["before it"] },
  ]);
  expect(chooseUpTo(shown, itself, { endpoint_id: 1 })[0]).toEqual({
    endpoint_id: 1,
    until: "2026-03-01T09:00:04.999Z",
  });
});

test("failures of one second are chosen in requests that the API takes, even if there are more than 200", () => {
  const failed_at = "2026-03-01T09:00:05.200Z";
  const shown = Array.from({ length: 401 }, (_, number) => ({ endpoint_id: 1, id: String(number), failed_at }));
  const [, ...byIds] = chooseUpTo(shown, { endpoint_id: 1, id: "0", failed_at }, {});
  const ids = byIds.map((chosen) => ("ids" in chosen ? chosen.ids : []));
  expect(ids.map(({ length }) => length)).toEqual([200, 200, 1]);
  expect(ids.flat()).toEqual(shown.map(({ id }) => id));
});

test("a slow retry of one failure is shown in its row until it ends", async () => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<readonly [number, unknown]>();
  showPage("/failures?view=list", {
    "GET /api/v1/failures": () => [200, { data: [failure, { ...failure, delivery_id: "other.1" }], next: null }],
    "GET /api/v1/endpoints": () => [200, { data: [{ id: 1, name: "default" }], next: null }],
    "POST /api/v1/failures/retry": () => answered,
  });
  await click("Actions for account.created of Quay Books to default, 1 Mar 2026, 09:00:00 UTC");
  await click("Retry");
  const running = () => document.querySelectorAll("td [role=progressbar]").length;
  await waitFor(() => expect(running()).toBe(1));
  answer([200, { retried: 1 }]);
  await says("The failure will be retried");
  await waitFor(() => expect(running()).toBe(0));
});

test("a retry of a failure that had left the list does not say that it will be retried", async () => {
  showPage("/failures?view=list", {
    "GET /api/v1/failures": () => [200, { data: [failure], next: null }],
    "GET /api/v1/endpoints": () => [200, { data: [{ id: 1, name: "default" }], next: null }],
    "POST /api/v1/failures/retry": () => [200, { retried: 0 }],
  });
  await click("Actions for account.created of Quay Books to default, 1 Mar 2026, 09:00:00 UTC");
  await click("Retry");
  await says("It had left the list.");
  expect(document.body.textContent).not.toContain("will be retried");
});
