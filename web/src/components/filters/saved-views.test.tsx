import { expect, test } from "vitest";
import type { Session } from "../../api/session.tsx";
import type { SavedView } from "./saved-views.tsx";
import { exampleDelivery } from "../../testing/examples.ts";
import { click, fill } from "../../testing/show-in-portal.tsx";
import { type Server, says, showPage, shown } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";

const yesterday: SavedView = {
  id: 3,
  list: "deliveries",
  name: "Night failures",
  filter: { since: "-1d", state: "failed" },
};

/** Shows the deliveries at an address. The server stores the views. */
async function open(address: string, first: readonly SavedView[] = [yesterday], session: Partial<Session> = {}) {
  let views = [...first];
  const server: Server = {
    "GET /api/v1/deliveries": () => [200, { data: [exampleDelivery], next: null, searched_until: null }],
    "GET /api/v1/deliveries/count": () => [200, { count: 1, has_more: false }],
    "GET /api/v1/jobs": () => [200, { data: [], next: null }],
    "GET /api/v1/endpoints": () => [200, { data: [], next: null }],
    "GET /api/v1/views": () => [200, { data: views }],
    "POST /api/v1/views": ({ body }) => {
      const fields = readBody(body);
      if (views.some(({ name }) => name === fields.name)) {
        return [409, { code: "conflict", title: "Another view of this list has this name." }];
      }
      const saved = { ...yesterday, ...fields, id: 4 };
      views = [...views, saved];
      return [201, saved];
    },
    "PATCH /api/v1/views/3": ({ body }) => {
      const changed = { ...yesterday, ...readBody(body) };
      views = [changed];
      return [200, changed];
    },
    "DELETE /api/v1/views/3": () => {
      views = [];
      return [204, undefined];
    },
  };
  const page = showPage(address, server, session);
  await says("Harbour & Sons");
  return { ...page, views: () => views };
}

const readBody = (body: unknown): Partial<SavedView> => ({ ...(typeof body === "object" && body) });

test("a saved view sets the filters, and the menu names the view while they are set", async () => {
  const page = await open("/deliveries");
  await click("Views");
  await click("Night failures");
  await waitFor(() => expect(page.address()).toBe("/deliveries?since=-1d&state=failed"));
  await says("View: Night failures");
});

test("the filters of the page are saved under a unique name", async () => {
  const page = await open("/deliveries?state=pending");
  await click("Views");
  await click("Save this view…");
  await fill("name", "Night failures");
  await click("Save");
  await says("Another view of this list has this name.");
  await fill("name", " Waiting ");
  await click("Save");
  await says("View: Waiting");
  expect(page.askedFor("POST /api/v1/views").at(-1)?.body).toEqual({
    list: "deliveries",
    name: "Waiting",
    filter: { state: "pending" },
  });
});

test("a view is renamed, and updated to other filters", async () => {
  const page = await open("/deliveries");
  await click("Views");
  await click("Night failures");
  await says("View: Night failures");
  await click("View: Night failures");
  await click("Rename “Night failures”…");
  await fill("name", "Broken");
  await click("Rename");
  await says("View: Broken");
  await page.router.navigate({ to: "/deliveries", search: { state: "failed" } });
  await click("Views");
  await click("Update “Broken” to these filters");
  await says("The view was updated");
  expect(page.askedFor("PATCH /api/v1/views/3").map(({ body }) => body)).toEqual([
    { name: "Broken" },
    { filter: { state: "failed" } },
  ]);
});

test("the message's Undo button restores a deleted view", async () => {
  const page = await open("/deliveries?state=failed&since=-1d");
  await click("View: Night failures");
  await click("Delete “Night failures”");
  await says("was deleted");
  await waitFor(() => expect(shown()).not.toContain("View: Night failures"));
  await click("Undo");
  await says("View: Night failures");
  expect(page.views()).toMatchObject([{ name: "Night failures", filter: yesterday.filter }]);
});

test("without filters, no view can be saved", async () => {
  const page = await open("/deliveries", []);
  await click("Views");
  await says("You have not saved any");
  await click("Save this view…Add a filter first");
  expect(document.querySelector("[role=dialog]")).toBeNull();
  expect(page.askedFor("POST /api/v1/views")).toEqual([]);
});

test("of two equal times when clocks go back, the time filter keeps the second one", async () => {
  const page = await open("/deliveries?since=2026-10-25T01:30:00.000Z", [], { timeZone: "Europe/Berlin" });
  await click("Time: From 25 Oct 2026, 02:30:00 CET");
  await says("The second 02:30, after the clocks went back");
  await click("Apply");
  await waitFor(() => expect(shown()).not.toContain("after the clocks went back"));
  expect(page.address()).toContain("since=2026-10-25T01:30:00.000Z");
});
