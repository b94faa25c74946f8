import { expect, test } from "vitest";
import { click } from "../../testing/show-in-portal.tsx";
import { type Server, says, showPage } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";

const endpoint = (id: number, name: string) => ({
  id,
  name,
  url_masked: `https://${name}.example/in`,
  event_types: ["*"],
  format: "json",
  state: "enabled",
});

const health = (id: number, state: string, waiting = 0) => ({
  endpoint_id: id,
  endpoint_name: `endpoint-${id}`,
  state,
  since: "2026-11-27T09:00:00.000Z",
  success_rate: state === "healthy" ? 1 : 0.45,
  latency_p95: 120,
  waiting,
  oldest_waiting_seconds: waiting ? 3600 : null,
  sentence: `It is ${state}.`,
  advice: "Repair the receiver.",
  sparkline: [{ at: "2026-11-27T09:00:00.000Z", delivered: 3, failed: 4 }],
});

const server: Server = {
  "GET /api/v1/endpoints": () => [
    200,
    { data: [endpoint(1, "crm"), endpoint(2, "billing"), endpoint(3, "search")], next: null },
  ],
  "GET /api/v1/endpoints/health": () => [
    200,
    { data: [health(1, "healthy"), health(2, "degraded", 5), health(3, "failing", 12_431)] },
  ],
};

test("endpoints that need attention come first, with the reason, the advice and the backlog", async () => {
  showPage("/endpoints", server);
  await says("Failing");
  const rows = [...document.querySelectorAll("tbody tr")].map((row) => row.textContent ?? "");
  expect(rows.map((row) => /crm|billing|search/.exec(row)?.[0])).toEqual(["search", "billing", "crm"]);
  expect(rows[0]).toContain("It is failing.");
  expect(rows[0]).toContain("Repair the receiver.");
  expect(rows[0]).toContain("12.4K");
  expect(rows[2]).not.toContain("It is healthy.");
  // The percentile is up to 9.1 % too high, so the link's limit is lower to include all counted attempts.
  const link = document.querySelector("td[data-label=p95] a")?.getAttribute("href");
  expect(link).toBe("/deliveries?endpoint_id=3&latency_min=108");
});

test.each([
  ["slowest", ["crm", "billing", "search"]],
  ["failing", ["billing", "crm", "search"]],
  ["waiting", ["search", "billing", "crm"]],
] as const)("in the order %s, the endpoint with the largest figure is first", async (order, names) => {
  const figures = [
    health(1, "healthy", 2),
    { ...health(2, "degraded", 5), latency_p95: 40 },
    { ...health(3, "idle", 7), success_rate: null, latency_p95: null },
  ];
  showPage(`/endpoints?order=${order}`, {
    ...server,
    "GET /api/v1/endpoints/health": () => [200, { data: figures }],
  });
  await says("Degraded");
  const rows = [...document.querySelectorAll("tbody tr")].map((row) => row.textContent ?? "");
  expect(rows.map((row) => /crm|billing|search/.exec(row)?.[0])).toEqual(names);
  expect(document.querySelector<HTMLSelectElement>("select[aria-label=Order]")?.value).toBe(order);
});

test("an endpoint that is not active is not called paused, which another button ends", async () => {
  const data = [
    { ...health(1, "paused"), hold: "switched_off" },
    { ...health(2, "paused"), hold: "paused" },
  ];
  showPage("/endpoints", { ...server, "GET /api/v1/endpoints/health": () => [200, { data }] });
  await says("Inactive");
  const states = [...document.querySelectorAll("td[data-label=Health]")].map(({ textContent }) => textContent);
  expect(states).toEqual(["Inactive", "Paused", ""]);
});

test("the list is shown once its order is known, so no row jumps", async () => {
  const read = Promise.withResolvers<void>();
  const healthOf = server["GET /api/v1/endpoints/health"];
  const page = showPage("/endpoints", {
    ...server,
    "GET /api/v1/endpoints/health": async (asked) => {
      await read.promise;
      return healthOf?.(asked) ?? [500, {}];
    },
  });
  await waitFor(() => expect(page.queries.isFetching()).toBe(1));
  expect(document.querySelectorAll("tbody a")).toHaveLength(0);
  read.resolve();
  await says("search.example");
});

test("the list is shown even if the health cannot be read", async () => {
  showPage("/endpoints", { ...server, "GET /api/v1/endpoints/health": () => [500, { title: "Away." }] });
  await says("crm.example");
  await waitFor(() => expect(document.querySelectorAll("tbody tr")).toHaveLength(3));
});

test("of many endpoints, those first in the order are shown at once, and the others on request", async () => {
  const ids = Array.from({ length: 120 }, (_, place) => place + 1);
  const last = health(120, "failing");
  showPage("/endpoints", {
    "GET /api/v1/endpoints": () => [200, { data: ids.map((id) => endpoint(id, `receiver-${id}`)), next: null }],
    "GET /api/v1/endpoints/health": () => [
      200,
      { data: [...ids.slice(0, -1).map((id) => health(id, "healthy")), last] },
    ],
  });
  await says("Show 20 more of 120");
  const rows = () => [...document.querySelectorAll("tbody tr")];
  expect(rows()).toHaveLength(100);
  expect(rows()[0]?.textContent).toContain("receiver-120");
  await click("Show 20 more of 120");
  expect(rows()).toHaveLength(120);
});
