import { expect, test } from "vitest";
import { type Answer, click, fill, showInPortal, tick } from "../../testing/show-in-portal.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { ReplayCard, timeRangeErrors, describeCounts } from "./replay-card.tsx";

const now = new Date("2026-03-02T09:00:00Z");
const at = (time: string | undefined) => (time === undefined ? undefined : new Date(time));

test.each([
  ["a start that is yet to come", "2026-03-02T09:00:00Z", undefined, { since: ["Must be in the past"] }],
  [
    "an end before the start",
    "2026-03-01T09:00:00Z",
    "2026-03-01T08:00:00Z",
    { until: ["Must be later than “Events from”"] },
  ],
  ["an end that is yet to come", "2026-03-01T09:00:00Z", "2026-03-09T09:00:00Z", {}],
  ["no end", "2026-03-01T09:00:00Z", undefined, {}],
  ["a start that is not typed to its end", undefined, "2026-03-01T08:00:00Z", {}],
])("an invalid time range is reported beside its field: %s", (_span, since, until, wrong) => {
  expect(timeRangeErrors(at(since), at(until), now)).toEqual(wrong);
});

/** Opens the dialog of a portal in a time zone. */
async function openDialog(timeZone: string) {
  const answers: Record<string, Answer> = {
    "GET replays?endpoint_id=1&limit=1": [200, { data: [] }],
    "POST replays": [200, { counts: { failed: 3, missing: 0, delivered: 0, given_up: 0, total: 3 } }],
  };
  const page = showInPortal(<ReplayCard endpointId={1} />, { answers, session: { timeZone } });
  await click("Replay…");
  return { ...page, answers };
}

test("a replay's times are parsed in the provider's time zone", async () => {
  const page = await openDialog("Asia/Tokyo");
  await fill("since", "2026-03-01T09:00:00");
  await waitFor(() => expect(page.changes().at(-1)?.body).toMatchObject({ since: "2026-03-01T00:00:00.000Z" }));
  expect(document.querySelector("[role=dialog]")?.textContent).toContain("Asia/Tokyo");
});

test("of two equal times when clocks go back, a replay begins at the one that is chosen", async () => {
  const page = await openDialog("Europe/Berlin");
  await fill("since", "2025-10-26T02:30:00");
  await waitFor(() => expect(page.changes().at(-1)?.body).toMatchObject({ since: "2025-10-26T00:30:00.000Z" }));
  await tick("since-second");
  await waitFor(() => expect(page.changes().at(-1)?.body).toMatchObject({ since: "2025-10-26T01:30:00.000Z" }));
});

test("while other events are counted, the dialog does not show the number of those before", async () => {
  const { answers } = await openDialog("UTC");
  const text = () => document.querySelector("[role=dialog]")?.textContent;
  await waitFor(() => expect(text()).toContain("3 deliveries: 3 failed"));
  answers["POST replays"] = "slow";
  await fill("only", "all");
  await waitFor(() => expect(text()).toContain("Counting…"));
  expect(text()).not.toContain("3 deliveries");
});

test("counts of zero are omitted", () => {
  const none = { failed: 0, missing: 0, delivered: 0, given_up: 0, total: 0 };
  expect(describeCounts(none)).toBe("");
  expect(describeCounts({ ...none, failed: 3, missing: 1200 })).toBe("3 failed, 1,200 never sent");
  expect(describeCounts({ ...none, delivered: 1, given_up: 2 })).toBe(
    "1 already delivered, 2 cancelled or deleted from the failures",
  );
});
