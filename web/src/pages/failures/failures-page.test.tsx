import { flushSync } from "react-dom";
import { expect, test } from "vitest";
import type { Failure } from "../../api/deliveries.ts";
import { click, fill } from "../../testing/show-in-portal.tsx";
import { type Server, says, showPage, shown } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";

const failure = (number: number): Failure => ({
  id: `0192f0c1-0000-7000-8000-${String(number).padStart(12, "0")}`,
  delivery_id: `0192f0c1-0000-7000-8000-${String(number).padStart(12, "0")}.1`,
  endpoint_id: 1,
  endpoint_name: "crm",
  event_type: "account.created",
  account_id: 7,
  account_name: `Account ${number}`,
  attempts_made: 3,
  failed_at: "2026-03-01T09:00:05.200Z",
  error: "Answered 500",
  url_masked: "https://crm.example/in",
});

const many = Array.from({ length: 120 }, (_, number) => failure(number));

const server: Server = {
  "GET /api/v1/failures": () => [200, { data: many.slice(0, 2), next: null }],
  "GET /api/v1/failures/count": () => [200, { count: 2 }],
  "GET /api/v1/endpoints": () => [200, { data: [{ id: 1, name: "crm" }], next: null }],
  "POST /api/v1/failures/retry": ({ body }) => [200, { retried: idsIn(body).length }],
  "DELETE /api/v1/failures": () => [200, { deleted: 2 }],
};

const idsIn = (body: unknown): readonly string[] =>
  body !== null && typeof body === "object" && "ids" in body && Array.isArray(body.ids) ? body.ids : [];

const serverWithMany: Server = { ...server, "GET /api/v1/failures": () => [200, { data: many, next: null }] };

async function retryMany(): Promise<void> {
  await says("Account 119");
  flushSync(() => document.querySelector<HTMLElement>("thead input")?.click());
  await click("Retry 120 selected failures");
}

test("more failures than one request accepts are all retried, each once", async () => {
  const page = showPage("/failures", serverWithMany);
  await retryMany();
  await says("120 failures will be retried");
  const asked = page.askedFor("POST /api/v1/failures/retry").flatMap(({ body }) => idsIn(body));
  expect(asked).toEqual(many.map(({ id }) => id));
});

test("a server error midway reports the number of retried failures", async () => {
  let asked = 0;
  const page = showPage("/failures", {
    ...serverWithMany,
    "POST /api/v1/failures/retry": ({ body }) =>
      ++asked === 2 ? [503, { title: "The database is away." }] : [200, { retried: idsIn(body).length }],
  });
  await retryMany();
  await says("Not all failures were retried");
  await says("100 of 120 done, then: The database is away.");
  expect(page.askedFor("POST /api/v1/failures/retry")).toHaveLength(2);
});

test('"Delete all" spares failures that are newer than the list', async () => {
  const page = showPage("/failures", server);
  await says("Account 1");
  const shownAtMs = Date.now();
  await click("Delete all 2 failures");
  await says("Later ones stay");
  await click("Delete");
  await waitFor(() => expect(page.askedFor("DELETE /api/v1/failures")).toHaveLength(1));
  const [{ query } = { query: new URLSearchParams() }] = page.askedFor("DELETE /api/v1/failures");
  expect(query.has("all")).toBe(false);
  expect(Date.parse(query.get("until") ?? "")).toBeLessThan(shownAtMs);
});

test("the time of a deletion is shown with its zone and sent exactly", async () => {
  const page = showPage("/failures", server, { timeZone: "Asia/Tokyo" });
  await says("Account 1");
  await click("Delete older failures…");
  await fill("failed_until", "2026-03-01T09:00:05");
  await says("In the time zone of these pages, Asia/Tokyo");
  await says("failures up to 1 Mar 2026, 09:00:05");
  await click("Delete");
  await waitFor(() => expect(page.askedFor("DELETE /api/v1/failures")).toHaveLength(1));
  expect(page.askedFor("DELETE /api/v1/failures")[0]?.query.get("until")).toBe("2026-03-01T00:00:05.000Z");
});

test("a future time deletes no failure that was not shown", async () => {
  const page = showPage("/failures", server);
  await says("Account 1");
  await click("Delete older failures…");
  const openedAtMs = Date.now();
  await fill("failed_until", "2999-01-01T00:00:00");
  await says("and new ones stay");
  await click("Delete");
  await waitFor(() => expect(page.askedFor("DELETE /api/v1/failures")).toHaveLength(1));
  const until = page.askedFor("DELETE /api/v1/failures")[0]?.query.get("until") ?? "";
  expect(Date.parse(until)).toBeLessThan(openedAtMs);
});

test("failures are sorted newest or oldest first, as the address says", async () => {
  const page = showPage("/failures?order=oldest&endpoint_id=1", server);
  await says("Account 1");
  const [{ query } = { query: new URLSearchParams() }] = page.askedFor("GET /api/v1/failures");
  expect([query.get("order"), query.get("endpoint_id")]).toEqual(["oldest", "1"]);
  showPage("/failures?order=upwards&endpoint_id=x", server);
  await says("Account 1");
  expect(document.querySelector<HTMLSelectElement>("select[aria-label=Order]")?.value).toBe("newest");
});

test("a failure of a deleted endpoint says so, and cannot be retried", async () => {
  showPage("/failures", { ...server, "GET /api/v1/endpoints": () => [200, { data: [], next: null }] });
  await says("crm (deleted)");
  await click("Actions for row 1, account.created of Account 0");
  await says("Delete this and all older failures");
  expect([...document.querySelectorAll("[role=menuitem]")].map((it) => it.textContent)).not.toContain("Retry");
});

test("a name is isolated from the text beside it, so a right-to-left one does not reorder it", async () => {
  const rightToLeft = {
    ...many[0],
    account_name: "\u05e9\u05dc\u05d5\u05dd 42",
    endpoint_name: "\u05de\u05e2\u05e8\u05db\u05ea",
  };
  showPage("/failures", {
    ...server,
    "GET /api/v1/failures": () => [200, { data: [rightToLeft], next: null }],
    "GET /api/v1/endpoints": () => [200, { data: [], next: null }],
  });
  await says(`${rightToLeft.endpoint_name} (deleted)`);
  const isolated = [...document.querySelectorAll("td bdi")].map((it) => it.textContent);
  expect(isolated).toEqual([rightToLeft.account_name, rightToLeft.endpoint_name]);
});

test("a list whose next page failed to load does not look complete", async () => {
  showPage("/failures", {
    ...server,
    "GET /api/v1/failures": ({ query }) =>
      query.has("after") ? [503, { title: "Away." }] : [200, { data: many.slice(0, 2), next: "more" }],
  });
  await says("Load more");
  await click("Load more");
  await waitFor(() => expect(shown()).toContain("The next page could not be loaded"));
});

test("the row's menu gets the focus when its dialog closes, and the page does when the row is gone", async () => {
  let isThere = true;
  showPage("/failures", {
    ...server,
    "GET /api/v1/failures": () => [200, { data: isThere ? many.slice(0, 1) : [], next: null }],
    "DELETE /api/v1/failures": () => {
      isThere = false;
      return [200, { deleted: 1 }];
    },
  });
  const focused = (): string | null | undefined =>
    document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.tagName;
  const menu = "Actions for row 1, account.created of Account 0";
  const ask = async (): Promise<void> => {
    await click(menu);
    await click("Delete this and all older failures");
    await says("Delete this failure and all older ones?");
  };
  await says("Account 0");
  await ask();
  await click("Cancel");
  await waitFor(() => expect(focused()).toBe(menu));
  await ask();
  await click("Delete");
  await says("No failures");
  await waitFor(() => expect(focused()).toBe("MAIN"));
});

test("long words in names break in their cells and push no column off the screen", async () => {
  showPage("/failures", server);
  await says("Account 1");
  const breaking = [...document.querySelectorAll<HTMLElement>("tbody tr:first-child .pf-m-break-word")];
  expect(breaking.map(({ dataset }) => dataset["label"])).toEqual(["Account", "Error", "Endpoint"]);
});
