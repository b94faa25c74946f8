import { useState } from "react";
import { expect, test } from "vitest";
import { type Answer, click, showInPortal, tick } from "../../testing/show-in-portal.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { BulkBar, useBulkSelection } from "./bulk-bar.tsx";

/** A table that shows a row of each id. A button removes the first. */
function Rows({ ids }: { ids: readonly string[] }) {
  const [shown, setShown] = useState(ids);
  const selection = useBulkSelection(shown);
  return (
    <>
      {shown.slice(0, 3).map((id) => (
        <input
          key={id}
          id={id}
          type="checkbox"
          checked={selection.has(id)}
          onChange={({ target }) => selection.onTick([id], target.checked)}
        />
      ))}
      <button onClick={() => selection.onTick(shown, true)}>Tick all rows</button>
      <button onClick={() => setShown(shown.slice(1))}>Remove the first row</button>
      <BulkBar of="failures" filter={{}} selection={selection} kinds={["retry", "replay"]} />
    </>
  );
}

const show = (ids: readonly string[], answers: Record<string, Answer> = { "POST jobs": [200, { total: 2000 }] }) =>
  showInPortal(<Rows ids={ids} />, { answers });

/** Presses a button, and returns what its dialog counts. */
async function countedBy(page: ReturnType<typeof show>, name: string): Promise<unknown> {
  const before = page.changes().length;
  await click(name);
  await waitFor(() => expect(page.changes().length).toBeGreaterThan(before));
  return page.changes().at(-1)?.body;
}

test("a row that has left the table is not selected any more", async () => {
  const page = show(["a", "b", "c"]);
  await tick("a");
  await tick("b");
  await click("Remove the first row");
  await waitFor(() => expect(document.querySelector("[role=status]")?.textContent).toBe("1 selected"));
  expect(await countedBy(page, "Retry 1 failure")).toMatchObject({ kind: "retry", ids: ["b"] });
});

test("a row that is unticked after all that match were selected ends that selection, and keeps the other ticked rows", async () => {
  const page = show(["a", "b", "c"]);
  await click("Tick all rows");
  await click("Select all 2,000 that match");
  await waitFor(() => expect(document.body.textContent).toContain("All 2,000 failures that match"));
  await tick("b");
  await waitFor(() => expect(document.querySelector("[role=status]")?.textContent).toBe("2 selected"));
  expect(await countedBy(page, "Retry 2 failures")).toMatchObject({ kind: "retry", ids: ["a", "c"] });
});

test("a job of more rows than the API takes says how many it has", async () => {
  const ids = Array.from({ length: 1001 }, (_, number) => `id${number}`);
  const page = show(ids);
  await click("Tick all rows");
  expect(await countedBy(page, "Retry 1,000 failures")).toMatchObject({ ids: ids.slice(0, 1000) });
});

test("the dialog of a started job closes without counting its rows again", async () => {
  const page = show(["a", "b"]);
  await tick("a");
  await countedBy(page, "Retry 1 failure");
  await waitFor(() => expect(document.querySelector("[role=dialog]")?.textContent).toContain("applies to 2,000"));
  const before = page.changes().length;
  await click("Retry 2,000 failures");
  await waitFor(() => expect(document.querySelector("[role=dialog]")).toBeNull());
  expect(page.changes().slice(before)).toEqual([
    { request: "POST jobs", body: expect.not.objectContaining({ dry_run: true }) },
  ]);
});

test("a count that failed can be repeated in the dialog", async () => {
  const answers: Record<string, Answer> = { "POST jobs": [503, { title: "The database is busy." }] };
  show(["a"], answers);
  await click("Retry all failures…");
  await waitFor(() => expect(document.querySelector("[role=dialog]")?.textContent).toContain("The database is busy."));
  answers["POST jobs"] = [200, { total: 2000 }];
  await click("Count again");
  await waitFor(() => expect(document.querySelector("[role=dialog]")?.textContent).toContain("applies to 2,000"));
});

test("a replay counts events, since it sends one of several deliveries once", async () => {
  const answers: Record<string, Answer> = {
    "POST jobs": [200, { total: 915 }],
    "GET endpoints?limit=200": [200, { data: [], next: null }],
  };
  show(["a"], answers);
  await click("With all failures");
  await click("Replay failures…");
  await waitFor(() => expect(document.querySelector("[role=dialog] h1")?.textContent).toContain("Replay 915 events?"));
  expect(document.querySelector("[role=dialog]")?.textContent).not.toContain("failures");
});
