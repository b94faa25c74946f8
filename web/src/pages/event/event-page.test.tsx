import { expect, test } from "vitest";
import { click } from "../../testing/show-in-portal.tsx";
import { exampleEvent } from "../../testing/examples.ts";
import { says, showPage } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { describeGate } from "./verdict-list.tsx";

const { id } = exampleEvent;
const verdict = (endpoint_id: number, sent: boolean) => ({
  endpoint_id,
  endpoint_name: `endpoint ${endpoint_id}`,
  sent,
  gate: sent ? null : "switch_off",
  delivery_id: sent ? `${id}.${endpoint_id}` : null,
});
const event = {
  ...exampleEvent,
  document: {},
  previous: null,
  verdicts: [verdict(1, true), verdict(2, true), verdict(3, true), verdict(4, true), verdict(5, false)],
};
const deliveries = [
  { id: `${id}.1`, state: "delivered" },
  { id: `${id}.2`, state: "pending" },
  { id: `${id}.3`, state: "failed" },
];

test('each endpoint is linked, and shows the state of its delivery, "Selected" until the delivery is known', async () => {
  const page = showPage(`/events/${id}`, {
    [`GET /api/v1/events/${id}`]: () => [200, event],
    "GET /api/v1/deliveries": () => [200, { data: deliveries, next: null }],
  });
  const shownDeliveries = () =>
    [...document.querySelectorAll("td[data-label=Delivery]")].map((element) => element.textContent?.trim());
  await waitFor(() => expect(shownDeliveries()).toEqual(["Delivered", "Pending", "Failed", "Selected", "Not sent"]));
  const links = [...document.querySelectorAll<HTMLAnchorElement>("main a[href*='/endpoints/']")];
  expect(links.map(({ pathname }) => pathname)).toEqual([1, 2, 3, 4, 5].map((endpoint) => `/endpoints/${endpoint}`));
  expect(page.askedFor("GET /api/v1/deliveries")[0]?.query.get("event_id")).toBe(id);
});

test("an event about an endpoint is not offered to that endpoint, nor to 3scale's webhook", async () => {
  const other = verdict(2, false);
  const verdicts = [verdict(1, false), other, { ...verdict(3, false), endpoint_name: "default" }];
  const degraded = { ...event, type: "endpoint.degraded", object_id: 1, verdicts };
  showPage(`/events/${id}`, {
    [`GET /api/v1/events/${id}`]: () => [200, degraded],
    "GET /api/v1/deliveries": () => [200, { data: [], next: null }],
  });
  const nextSteps = () =>
    [...document.querySelectorAll("td[data-label='Next step']")].map((element) => element.textContent?.trim());
  await waitFor(() => expect(nextSteps()).toEqual(["", "Send now", ""]));
});

test("after an event could not be sent, the page shows what became of it", async () => {
  let isSent = false;
  const page = showPage(`/events/${id}`, {
    [`GET /api/v1/events/${id}`]: () => [200, { ...event, verdicts: [verdict(1, false), verdict(2, isSent)] }],
    "GET /api/v1/deliveries": () => [200, { data: [], next: null }],
    [`POST /api/v1/events/${id}/send`]: () => {
      isSent = true;
      return [409, { title: "A colleague has sent it.", code: "conflict" }];
    },
  });
  await click("Send now to endpoint 2");
  await says("A colleague has sent it.");
  await says("Show delivery");
  expect(page.askedFor(`POST /api/v1/events/${id}/send`)).toHaveLength(1);
});

const suspended = { label: "Application suspended", switch: "application_suspended_on" };

test.each([
  ["not_active", "active"],
  ["switch_off", "application_suspended_on"],
  ["admin_actions_off", "provider_actions"],
  ["no_acting_user", "all_actors"],
  ["web_hooks_denied", undefined],
] as const)("the gate %s links to its setting", (gate, control) => {
  expect(describeGate(gate, suspended).control?.id).toBe(control);
});

test("the reason of the gate switch_off names the event", () => {
  expect(describeGate("switch_off", suspended).reason).toContain("Application suspended");
});
