import { expect, test } from "vitest";
import { deliverySearch } from "../../components/charts/list-links.tsx";
import { findTimeSpan } from "../../components/charts/time-span.ts";
import { click } from "../../testing/show-in-portal.tsx";
import { type Asked, type Server, says, showPage, shown } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { backlogOf } from "./dashboard.tsx";

const none = { data: [], next: null };
const delivery = {
  id: "01a21c51-7a58-7002-8f8b-9c6ca97ce2e4.5",
  event_type: "account.created",
  account_name: "Fjord & Sons",
  endpoint_name: "crm",
  state: "delivered",
  occurred_at: "2026-11-27T09:00:00.000Z",
};

const at = ["2026-11-27T09:00:00.000Z", "2026-11-27T10:00:00.000Z"];

/** Statistics with the same values in each span. */
function statistics({ query }: Asked): readonly [number, unknown] {
  const span = { interval: "hour", since: at[0], until: "2026-11-27T11:00:00.000Z" };
  const series = (group: object, total: object) => ({
    group,
    total,
    points: at.map((time) => ({ at: time, ...total })),
  });
  if (query.get("group_by") === "outcome") {
    const attempts = { "2xx": 1200, "5xx": 34 };
    return [
      200,
      { ...span, series: Object.entries(attempts).map(([outcome, count]) => series({ outcome }, { attempts: count })) },
    ];
  }
  const values = {
    delivered: 1200,
    failures: 7,
    success_rate: 0.99999,
    latency_p50: 12,
    latency_p95: 340,
    latency_p99: 1500,
  };
  return [
    200,
    { ...span, series: [series({}, { ...values, delay_p95: 900, accounts_created: 3, applications_created: 4 })] },
  ];
}

const cause = (error: string, count: number) => ({
  id: error,
  endpoint_id: 5,
  endpoint_name: "crm",
  newest: { delivery_id: delivery.id, error },
  count,
  last_failed_at: at[0],
  mute: null,
});
const muted = { ...cause("Answered 410", 99), mute: { until: null } };

const server: Server = {
  "GET /api/v1/deliveries": () => [200, { data: [delivery], next: null }],
  "GET /api/v1/endpoints": () => [200, none],
  "GET /api/v1/endpoints/health": () => [200, none],
  "GET /api/v1/events": () => [200, none],
  "GET /api/v1/messages": () => [200, none],
  "GET /api/v1/failures/groups": () => [200, { data: [cause("Answered 503", 3), cause("Timed out", 9), muted] }],
  "GET /api/v1/stats": statistics,
};

test("figures and charts that could not be loaded say so, beside those that were, and load again", async () => {
  let isBroken = true;
  showPage("/", { ...server, "GET /api/v1/stats": (asked) => (isBroken ? [500, {}] : statistics(asked)) });
  await says("Answered 503");
  const charts = ["Attempts per minute", "Response time", "New accounts and applications"];
  await waitFor(() => expect(charts.filter((title) => !shown().includes(`Try again: ${title}`))).toEqual([]));
  expect(shown().match(/Could not be loaded/g)).toHaveLength(5);
  expect(shown()).not.toContain("Loading");
  isBroken = false;
  await click("Try again: Response time");
  await says("340 ms");
  expect(shown()).not.toContain("Could not be loaded");
});

test("a start page that could not be loaded keeps its title", async () => {
  showPage("/", { ...server, "GET /api/v1/deliveries": () => [422, {}] });
  await says("This page could not be loaded");
  expect([...document.querySelectorAll("h1")].map(({ textContent }) => textContent)).toEqual(["Acme"]);
});

test("a provider without deliveries sees the first steps", async () => {
  showPage("/", { ...server, "GET /api/v1/deliveries": () => [200, none] });
  await says("Sign up as a developer");
  expect(shown()).not.toContain("Success rate");
});

test("the address sets the time span, and a new choice changes the address", async () => {
  const page = showPage("/?span=1h", server);
  await says("99.99 %");
  const [request] = page.askedFor("GET /api/v1/stats");
  const lengthMs = Date.parse(request?.query.get("until") ?? "") - Date.parse(request?.query.get("since") ?? "");
  expect(lengthMs).toBe(3_600_000);
  await click("7 days");
  await waitFor(() => expect(page.address()).toBe("/?span=7d"));
});

test("steady traffic is unchanged a minute after an hour began, too", async () => {
  const hourMs = 3_600_000;
  const now = Date.now();
  const hourBefore = (ms: number): number => now - 60_000 + Math.floor((ms - now + 60_000) / hourMs) * hourMs;
  /** Statistics of whole hours with ten deliveries a minute. */
  const steady = (asked: Asked): readonly [number, unknown] => {
    const time = (name: string): number => Date.parse(asked.query.get(name) ?? "");
    const [sinceMs, untilMs] = [hourBefore(time("since")), hourBefore(time("until") - 1) + hourMs];
    if (!asked.query.get("metrics")?.includes("delivered")) return statistics(asked);
    const delivered = Math.round((Math.min(untilMs, now) - sinceMs) / 6000);
    const [since, until] = [new Date(sinceMs).toISOString(), new Date(untilMs).toISOString()];
    const total = { delivered, failures: delivered, success_rate: 0.5, latency_p95: 340, delay_p95: 900 };
    return [200, { interval: "hour", since, until, series: [{ group: {}, total, points: [] }] }];
  };
  showPage("/", { ...server, "GET /api/v1/stats": steady });
  await says("50 %");
  expect([shown().match(/unchanged/g)?.length, shown().match(/than in the 24 hours before/g)]).toEqual([5, null]);
});

test("the figures of a chart are also a table, whose rows link to the deliveries", async () => {
  const page = showPage("/", server);
  await says("Attempts per hour");
  await click("Attempts per hour by outcome as a table");
  await waitFor(() =>
    expect(document.querySelectorAll('table[aria-label="Attempts per hour by outcome"] tbody tr')).toHaveLength(2),
  );
  const rows = [...document.querySelectorAll("table tbody tr")].map((row) => row.textContent);
  expect(rows).toEqual(["27 Nov, 10:001,20034", "27 Nov, 09:001,20034"]);
  await click("27 Nov, 10:00");
  await waitFor(() => expect(page.address()).toMatch(/^\/deliveries/));
});

test("a chart can be read with the arrow keys", async () => {
  showPage("/", server);
  await says("Attempts per hour");
  const chart = document.querySelector('[role=slider][aria-label^="Attempts per hour"]');
  const press = (key: string) => chart?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  press("ArrowLeft");
  await waitFor(() => expect(chart?.getAttribute("aria-valuetext")).toBe("27 Nov, 10:00: 2xx 1,200, 5xx 34"));
  press("Home");
  await waitFor(() => expect(chart?.getAttribute("aria-valuetext")).toBe("27 Nov, 09:00: 2xx 1,200, 5xx 34"));
});

test("causes of failures are listed by their count, and muted ones are left out", async () => {
  showPage("/", server);
  await says("Answered 503");
  expect(shown().indexOf("Timed out")).toBeLessThan(shown().indexOf("Answered 503"));
  expect(shown()).not.toContain("Answered 410");
});

test("a figure links to the deliveries that it counts", () => {
  const span = findTimeSpan("7d");
  expect(deliverySearch({ state: "failed", endpointId: 5, span })).toEqual({
    state: "failed",
    endpoint_id: 5,
    since: "-7d",
  });
  expect(deliverySearch({ outcome: "timeout", span })).toEqual({ error_class: "timeout", since: "-7d" });
  expect(deliverySearch({ outcome: "2xx" })).toEqual({ state: "delivered" });
  const range = { since: new Date(at[0] ?? ""), until: new Date(at[1] ?? "") };
  expect(deliverySearch({ range, latencyMin: 340 })).toEqual({ since: at[0], until: at[1], latency_min: 340 });
});

test("the backlog is the number of waiting deliveries and the age of the oldest", () => {
  const health = (waiting: number, oldest: number | null) => ({ waiting, oldest_waiting_seconds: oldest });
  expect(backlogOf([health(3, 20), health(0, null), health(4, 600)])).toEqual({ waiting: 7, oldestSeconds: 600 });
  expect(backlogOf([])).toEqual({ waiting: 0, oldestSeconds: null });
});

const pendingSubscription = (id: number) => ({
  subscription_id: id,
  account_id: 31,
  org_name: `Harbour ${id}`,
  product_id: 7,
  product_name: "Ferries",
  plan_id: 10,
  plan_name: "Partner",
  requested_plan_id: id === 3 ? 11 : null,
  requested_plan_name: id === 3 ? "Reseller" : null,
  asked_by: null,
  created_at: at[0],
});

test("subscriptions that wait for approval lead to their accounts, the oldest first", async () => {
  const data = [1, 2, 3, 4, 5, 6].map(pendingSubscription);
  showPage("/", {
    ...server,
    "GET /admin/api/accounts.json": () => [200, { accounts: [] }],
    "GET /admin/api/applications.json": () => [200, { applications: [] }],
    "GET /api/v1/plan_requests": () => [200, none],
    "GET /api/v1/account_plan_requests": () => [200, none],
    "GET /api/v1/pending_subscriptions": () => [200, { data }],
  });
  await says("Harbour 4 for Ferries");
  await says("Harbour 3 for Ferries to plan Reseller");
  await says("and 2 more subscriptions");
  expect(shown()).not.toContain("Harbour 5");
  const links = [...document.querySelectorAll("a")].filter(({ textContent }) => textContent === "Harbour 1");
  expect(links.map((link) => link.getAttribute("href"))).toEqual([expect.stringMatching(/\/accounts\/31$/)]);
});

test("unread messages lead to their list", async () => {
  const page = showPage("/", {
    ...server,
    "GET /admin/api/accounts.json": () => [200, { accounts: [] }],
    "GET /admin/api/applications.json": () => [200, { applications: [] }],
    "GET /api/v1/plan_requests": () => [200, none],
    "GET /api/v1/account_plan_requests": () => [200, none],
    "GET /api/v1/pending_subscriptions": () => [200, none],
    "GET /api/v1/messages": () => [200, { data: [{ id: 1 }, { id: 2 }], next: null }],
  });
  await says("2 messages to read");
  expect(page.askedFor("GET /api/v1/messages").map(({ query }) => query.get("unread"))).toEqual(["true"]);
  await click("2 messages");
  await waitFor(() => expect(page.address()).toBe("/messages?box=unread"));
});

test("members who may not read plans ask for no subscriptions", async () => {
  const pages = new Map([["account-plans", false]]);
  const page = showPage("/", server, { pages });
  await says("Answered 503");
  expect(page.askedFor("GET /api/v1/pending_subscriptions")).toEqual([]);
});
