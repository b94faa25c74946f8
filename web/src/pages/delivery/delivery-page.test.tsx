import { expect, test } from "vitest";
import type { DeliveryInFull } from "../../api/deliveries.ts";
import { click } from "../../testing/show-in-portal.tsx";
import { type Server, says, showPage } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";

const id = "0192f0c1-0000-7000-8000-000000000001.1";
const api = `/api/v1/deliveries/${id}`;

const delivery: DeliveryInFull = {
  id,
  event_id: "0192f0c1-0000-7000-8000-000000000001",
  event_type: "account.created",
  object_id: 7,
  account_id: 7,
  account_name: "Harbour",
  occurred_at: "2026-03-01T09:00:00.000Z",
  endpoint_id: 1,
  endpoint_name: "crm",
  state: "pending",
  attempts_made: 0,
  replay: 0,
  next_attempt_at: null,
  ended_at: null,
  last_attempt: null,
  content_type: "application/json",
  body: "{}",
  attempts: [],
  waits_for: null,
  holds_up: 0,
};

const endpoint = { id: 1, name: "crm", state: "enabled", active: true, disabled_reason: null, held_until: null };

const serverWith = (changed: Partial<DeliveryInFull>, endpointNow: object | undefined = endpoint): Server => ({
  [`GET ${api}`]: () => [200, { ...delivery, ...changed }],
  [`POST ${api}/skip`]: () => [200, delivery],
  [`POST ${api}/cancel`]: () => [409, { title: "It has ended already.", code: "conflict" }],
  ...(endpointNow && { "GET /api/v1/endpoints/1": () => [200, endpointNow] }),
});

const offered = (): readonly string[] =>
  [...document.querySelectorAll("main button")].map((it) => it.textContent.trim()).filter((name) => name !== "");

async function offeredWith(changed: Partial<DeliveryInFull>, endpointNow?: object): Promise<readonly string[]> {
  showPage(`/deliveries/${id}`, serverWith(changed, endpointNow));
  await says("webhook-id");
  await says("crm");
  return offered();
}

test("only what can work is offered", async () => {
  expect(await offeredWith({})).toEqual(["Retry now", "Give up"]);
  expect(await offeredWith({ holds_up: 2 })).toEqual(["Retry now", "Let the next go", "Give up"]);
  expect(await offeredWith({ waits_for: "0192f0c1-0000-7000-8000-000000000000.1" })).toEqual([
    "Send before its turn",
    "Give up",
  ]);
  expect(await offeredWith({ state: "delivered" })).toEqual(["Send again"]);
});

test("what a paused endpoint holds says so, leads there, and cannot be hurried", async () => {
  showPage(`/deliveries/${id}`, serverWith({}, { ...endpoint, state: "paused" }));
  await says("The endpoint is paused. It is held until somebody changes that");
  expect(document.querySelector("main .pf-v6-c-alert a")?.getAttribute("href")).toBe("/endpoints/1");
  expect(offered()).toEqual(["Give up"]);
});

test("what waits in its order leads to the one that goes first", async () => {
  const first = "0192f0c1-0000-7000-8000-000000000000.1";
  showPage(`/deliveries/${id}`, serverWith({ waits_for: first }));
  await says("the delivery that goes first");
  expect(document.querySelector("main .pf-v6-c-alert a")?.getAttribute("href")).toBe(`/deliveries/${first}`);
});

test("those that wait are let go only after it was said what that does", async () => {
  const page = showPage(`/deliveries/${id}`, serverWith({ holds_up: 2 }));
  await says("Let the next go");
  await click("Let the next go");
  await says("2 deliveries wait for this one in its order. They go now");
  expect(page.askedFor(`POST ${api}/skip`)).toEqual([]);
  await click("Let them go");
  await says("Those that waited for it go now");
  expect(page.askedFor(`POST ${api}/skip`)).toHaveLength(1);
});

test("what ended while it was asked cannot be given up, and the page shows what it is now", async () => {
  const page = showPage(`/deliveries/${id}`, serverWith({}));
  await says("Give up");
  await click("Give up");
  await says("It is not tried any more");
  await click("Give up");
  await says("It has ended already.");
  await waitFor(() => expect(page.askedFor(`GET ${api}`).length).toBeGreaterThan(1));
});

test("a delivery of a deleted endpoint says so, and cannot be sent there", async () => {
  const server = serverWith({ state: "failed" });
  showPage(`/deliveries/${id}`, {
    ...server,
    "GET /api/v1/endpoints/1": () => [404, { title: "Gone.", code: "not-found" }],
  });
  await says("crm (deleted)");
  expect(offered()).toEqual([]);
});
