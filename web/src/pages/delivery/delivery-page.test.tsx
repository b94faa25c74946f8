import { expect, test } from "vitest";
import type { DeliveryDetails } from "../../api/deliveries.ts";
import { click } from "../../testing/show-in-portal.tsx";
import { type Server, says, showPage } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";

const id = "0192f0c1-0000-7000-8000-000000000001.1";
const api = `/api/v1/deliveries/${id}`;

const delivery: DeliveryDetails = {
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

const serverWith = (changed: Partial<DeliveryDetails>, endpointNow: object | undefined = endpoint): Server => ({
  [`GET ${api}`]: () => [200, { ...delivery, ...changed }],
  [`POST ${api}/skip`]: () => [200, delivery],
  [`POST ${api}/cancel`]: () => [409, { title: "It has ended already.", code: "conflict" }],
  ...(endpointNow && { "GET /api/v1/endpoints/1": () => [200, endpointNow] }),
});

const offered = (): readonly string[] =>
  [...document.querySelectorAll("main button")].map((it) => it.textContent.trim()).filter((name) => name !== "");

async function offeredWith(changed: Partial<DeliveryDetails>, endpointNow?: object): Promise<readonly string[]> {
  showPage(`/deliveries/${id}`, serverWith(changed, endpointNow));
  await says("webhook-id");
  await says("crm");
  return offered();
}

test("only actions that can succeed are offered", async () => {
  expect(await offeredWith({})).toEqual(["Retry now", "Cancel delivery"]);
  expect(await offeredWith({ holds_up: 2 })).toEqual(["Retry now", "Skip", "Cancel delivery"]);
  expect(await offeredWith({ waits_for: "0192f0c1-0000-7000-8000-000000000000.1" })).toEqual([
    "Send out of order",
    "Cancel delivery",
  ]);
  expect(await offeredWith({ state: "delivered" })).toEqual(["Send again"]);
});

test("a delivery of a paused endpoint says so, links to the endpoint, and cannot be retried", async () => {
  showPage(`/deliveries/${id}`, serverWith({}, { ...endpoint, state: "paused" }));
  await says("The endpoint is paused. The delivery is held until you change");
  expect(document.querySelector("main .pf-v6-c-alert a")?.getAttribute("href")).toBe("/endpoints/1");
  expect(offered()).toEqual(["Cancel delivery"]);
});

test("a delivery that waits for another links to it", async () => {
  const first = "0192f0c1-0000-7000-8000-000000000000.1";
  showPage(`/deliveries/${id}`, serverWith({ waits_for: first }));
  await says("the delivery before it");
  expect(document.querySelector("main .pf-v6-c-alert a")?.getAttribute("href")).toBe(`/deliveries/${first}`);
});

test("skipping a delivery asks for confirmation", async () => {
  const page = showPage(`/deliveries/${id}`, serverWith({ holds_up: 2 }));
  await says("Skip");
  await click("Skip");
  await says("2 deliveries wait for this one because of the order. They will be sent now");
  expect(page.askedFor(`POST ${api}/skip`)).toEqual([]);
  await click("Skip");
  await says("The waiting deliveries will be sent now");
  expect(page.askedFor(`POST ${api}/skip`)).toHaveLength(1);
});

test("a delivery that ended during the confirmation cannot be cancelled, and the page shows its state", async () => {
  const page = showPage(`/deliveries/${id}`, serverWith({}));
  await says("Cancel delivery");
  await click("Cancel delivery");
  await says("There will be no more attempts");
  await click("Cancel delivery");
  await says("It has ended already.");
  await waitFor(() => expect(page.askedFor(`GET ${api}`).length).toBeGreaterThan(1));
});

test("a delivery of a deleted endpoint says so, and cannot be retried", async () => {
  const server = serverWith({ state: "failed" });
  showPage(`/deliveries/${id}`, {
    ...server,
    "GET /api/v1/endpoints/1": () => [404, { title: "Gone.", code: "not-found" }],
  });
  await says("crm (deleted)");
  expect(offered()).toEqual([]);
});
