import { expect, test } from "vitest";
import { click, doubleClick, fill, rejection } from "../../testing/show-in-portal.tsx";
import { says, showPage } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";

const bin = {
  id: "b1",
  name: "crm",
  url: "http://localhost/bins/b1",
  view_url: "http://localhost/bins/b1/view?key=k",
  answer_status: 200,
  answer_delay_ms: 0,
  answer_rules: [],
  forward_url: null,
  requests_caught: 3,
  created_at: "2026-03-01T09:00:00.000Z",
};

test("changing a bin sends only the edits, so that a response chosen on its own page survives", async () => {
  const page = showPage("/bins", {
    "GET /api/v1/bins": () => [200, { data: [bin], next: null }],
    "GET /api/v1/bins/b1": () => [200, { ...bin, answer_status: 500 }],
    "PATCH /api/v1/bins/b1": () => [200, { ...bin, name: "billing", answer_status: 500 }],
  });
  await click("200, change crm");
  await fill("name", "billing");
  await click("Save");
  await says("billing responds with 500");
  expect(page.askedFor("PATCH /api/v1/bins/b1").map(({ body }) => body)).toEqual([{ name: "billing" }]);
});

test("a forward URL that somebody else saves meanwhile is replaced only by saving again", async () => {
  const page = showPage("/bins", {
    "GET /api/v1/bins": () => [200, { data: [bin], next: null }],
    "GET /api/v1/bins/b1": () => [200, { ...bin, forward_url: "https://sales.example/" }],
    "PATCH /api/v1/bins/b1": () => [200, bin],
  });
  await click("200, change crm");
  await fill("forward_url", "https://crm.example/");
  await click("Save");
  const hint = () => document.getElementById("forward_url-hint")?.textContent;
  await waitFor(() => expect(hint()).toContain("was changed to “https://sales.example/” by somebody else. Save again"));
  expect(page.askedFor("PATCH /api/v1/bins/b1")).toEqual([]);
  await click("Save");
  await says("crm responds with 200");
  expect(page.askedFor("PATCH /api/v1/bins/b1").map(({ body }) => body)).toEqual([
    { forward_url: "https://crm.example/" },
  ]);
});

test("a bin is deleted after a confirmation, which stays open with the reason of a refusal", async () => {
  let isBusy = true;
  const page = showPage("/bins", {
    "GET /api/v1/bins": () => [200, { data: [bin], next: null }],
    "DELETE /api/v1/bins/b1": () => (isBusy ? [503, { title: "Too busy." }] : [204, undefined]),
  });
  await click("Actions for crm");
  await click("Delete");
  await says("This also deletes its requests.");
  expect(page.askedFor("DELETE /api/v1/bins/b1")).toEqual([]);
  await click("Delete");
  await waitFor(() => expect(rejection()).toContain("Too busy."));
  isBusy = false;
  await click("Delete");
  await waitFor(() => expect(document.querySelector("[role=dialog]")).toBeNull());
  expect(page.askedFor("DELETE /api/v1/bins/b1")).toHaveLength(2);
});

test("a double click creates one bin", async () => {
  const page = showPage("/bins", {
    "GET /api/v1/bins": () => [200, { data: [bin], next: null }],
    "POST /api/v1/bins": () => [201, bin],
  });
  await doubleClick("Create a bin");
  await waitFor(() => expect(page.askedFor("GET /api/v1/bins")).toHaveLength(2));
  expect(page.askedFor("POST /api/v1/bins")).toHaveLength(1);
});

test("a double click saves the edits of a bin once", async () => {
  const page = showPage("/bins", {
    "GET /api/v1/bins": () => [200, { data: [bin], next: null }],
    "GET /api/v1/bins/b1": () => [200, bin],
    "PATCH /api/v1/bins/b1": () => [200, { ...bin, name: "billing" }],
  });
  await click("200, change crm");
  await fill("name", "billing");
  await doubleClick("Save");
  await says("billing responds with 200");
  expect(page.askedFor("PATCH /api/v1/bins/b1")).toHaveLength(1);
});
