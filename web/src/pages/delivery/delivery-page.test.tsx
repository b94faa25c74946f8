import { expect, test } from "vitest";
import type { Attempt, DeliveryDetails } from "../../api/deliveries.ts";
import { click, doubleClick } from "../../testing/show-in-portal.tsx";
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

const attempt: Attempt = {
  number: 1,
  at: "2026-03-01T09:00:00.000Z",
  status: 503,
  error: "Answered 503",
  latency_ms: 12,
  phases: { queued: 0.05, dns: 1.4, connect: 0.41, tls: 2.3, first_byte: 7.9, body: 0.02 },
  connection: "new",
  address: "203.0.113.12",
  tls: { version: "TLSv1.3", certificate_expires_at: "2099-01-01T00:00:00.000Z" },
  response_bytes: 1310,
  request: {
    method: "POST",
    url: "https://crm.example/hooks?token=…",
    headers: [
      { name: "webhook-id", value: "0192f0c1-0000-7000-8000-000000000001" },
      { name: "webhook-signature", value: "…" },
    ],
  },
  response_headers: { "x-why": "busy" },
  response_body: "try later",
};

const endpoint = { id: 1, name: "crm", state: "enabled", active: true, disabled_reason: null, held_until: null };

const serverWith = (changed: Partial<DeliveryDetails>, endpointNow: object | undefined = endpoint): Server => ({
  [`GET ${api}`]: () => [200, { ...delivery, ...changed }],
  [`POST ${api}/skip`]: () => [200, delivery],
  [`POST ${api}/cancel`]: () => [409, { title: "It has ended already.", code: "conflict" }],
  ...(endpointNow && { "GET /api/v1/endpoints/1": () => [200, endpointNow] }),
});

const offered = (): readonly string[] =>
  [...document.querySelectorAll("main button")]
    .map((element) => element.textContent.trim())
    .filter((name) => name !== "");

async function offeredWith(changed: Partial<DeliveryDetails>, endpointNow?: object): Promise<readonly string[]> {
  showPage(`/deliveries/${id}`, serverWith(changed, endpointNow));
  await says("webhook-id");
  await says("crm");
  return offered();
}

test("only actions that can succeed are offered", async () => {
  expect(await offeredWith({})).toEqual(["Cancel delivery", "Retry now"]);
  expect(await offeredWith({ holds_up: 2 })).toEqual(["Cancel delivery", "Skip", "Retry now"]);
  expect(await offeredWith({ waits_for: "0192f0c1-0000-7000-8000-000000000000.1" })).toEqual([
    "Cancel delivery",
    "Send out of order",
  ]);
  expect(await offeredWith({ state: "delivered" })).toEqual(["Send again"]);
});

test("a delivery of a paused endpoint shows the reason, links to the endpoint, and cannot be retried", async () => {
  showPage(`/deliveries/${id}`, serverWith({}, { ...endpoint, state: "paused" }));
  await says("The endpoint is paused. The delivery is held until you change");
  expect(document.querySelector("main .pf-v6-c-alert a")?.getAttribute("href")).toBe("/endpoints/1");
  expect(offered()).toEqual(["Cancel delivery", "Retry now"]);
  const page = showPage(`/deliveries/${id}`, serverWith({}, { ...endpoint, state: "paused" }));
  await says("The endpoint is paused");
  await click("Retry now");
  expect(page.askedFor(`POST ${api}/retry`)).toEqual([]);
});

test("a double click sends a delivery again once, and another click after the response once more", async () => {
  const page = showPage(`/deliveries/${id}`, {
    ...serverWith({ state: "delivered" }),
    [`POST ${api}/retry`]: () => [200, delivery],
  });
  await says("webhook-id");
  await doubleClick("Send again");
  const button = () =>
    [...document.querySelectorAll("main button")].find(({ textContent }) => textContent.includes("Send again"));
  await waitFor(() => expect(page.askedFor(`GET ${api}`)).toHaveLength(2));
  await waitFor(() => expect(button()?.getAttribute("aria-disabled")).not.toBe("true"));
  expect(page.askedFor(`POST ${api}/retry`)).toHaveLength(1);
  await click("Send again");
  await waitFor(() => expect(page.askedFor(`POST ${api}/retry`)).toHaveLength(2));
});

test("a delivery that waits for another links to it", async () => {
  const first = "0192f0c1-0000-7000-8000-000000000000.1";
  showPage(`/deliveries/${id}`, serverWith({ waits_for: first }));
  await says("the delivery before it");
  expect(document.querySelector("main .pf-v6-c-alert a")?.getAttribute("href")).toBe(`/deliveries/${first}`);
});

test("skipping a delivery requires confirmation", async () => {
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

test("a delivery of a deleted endpoint is marked, and cannot be retried", async () => {
  const server = serverWith({ state: "failed" });
  showPage(`/deliveries/${id}`, {
    ...server,
    "GET /api/v1/endpoints/1": () => [404, { title: "Gone.", code: "not-found" }],
  });
  await says("crm (deleted)");
  expect(offered()).toEqual([]);
});

const withAttempt = (changed: Partial<Attempt>): Server =>
  serverWith({ state: "failed", attempts_made: 1, attempts: [{ ...attempt, ...changed }] });

const rowsOf = (table: string): readonly string[] =>
  [...document.querySelectorAll(`${table} tbody tr`)].map((row) =>
    [...row.querySelectorAll("th, td:not([aria-hidden])")].map((cell) => cell.textContent).join(" "),
  );

test("the title of a column stays in one line, also above cells without a text", async () => {
  showPage(`/deliveries/${id}`, withAttempt({ error: null }));
  await says("12 ms");
  const titles = [...document.querySelectorAll("[aria-label=Attempts] th")].filter(({ className }) =>
    className.includes("pf-m-nowrap"),
  );
  expect(titles.map(({ textContent }) => textContent)).toEqual(["When", "Error"]);
});

test("each phase is a row with its name and duration, however short", async () => {
  showPage(`/deliveries/${id}`, withAttempt({}));
  await says("12 ms");
  expect(rowsOf(".bellwire-waterfall")).toEqual([
    "Queued 0.05 ms",
    "DNS 1.4 ms",
    "Connect 0.41 ms",
    "TLS 2.3 ms",
    "First byte 7.9 ms",
    "Body 0.02 ms",
  ]);
});

test("a reused connection is marked, and an attempt without a response shows the phase in which the attempt ended", async () => {
  const reused = { queued: 0.1, dns: null, connect: null, tls: null, first_byte: 5, body: 1 };
  showPage(`/deliveries/${id}`, withAttempt({ connection: "reused", phases: reused }));
  await says("First byte");
  expect(rowsOf(".bellwire-waterfall").slice(1, 4)).toEqual(["DNS Reused", "Connect Reused", "TLS Reused"]);

  const noTls = { queued: 0.1, dns: null, connect: 5000, tls: null, first_byte: null, body: null };
  const noResponse = { status: null, response_headers: null, response_body: null, connection: "none" } as const;
  showPage(`/deliveries/${id}`, withAttempt({ ...noResponse, phases: noTls }));
  await says("ended here");
  expect(rowsOf(".bellwire-waterfall").slice(1)).toEqual([
    "DNS Not needed",
    "Connect 5 s, ended here",
    "TLS Not reached",
    "First byte Not reached",
    "Body Not reached",
  ]);
});

test("the response of a request bin of the installation arrives without a phase for its body", async () => {
  const phases = { queued: 0, dns: null, connect: null, tls: null, first_byte: 7, body: null };
  showPage(`/deliveries/${id}`, withAttempt({ connection: "internal", phases }));
  await says("First byte");
  expect(rowsOf(".bellwire-waterfall").slice(3)).toEqual(["TLS Not needed", "First byte 7 ms", "Body Not needed"]);
});

test.each([
  [40, undefined],
  [13, "Renew it now"],
  [-1, "Expired"],
])("a certificate with %d days left is marked with %s", async (days, mark) => {
  const expiry = new Date(Date.now() + days * 86_400_000).toISOString();
  showPage(`/deliveries/${id}`, withAttempt({ tls: { version: "TLSv1.3", certificate_expires_at: expiry } }));
  await says("Certificate");
  const labels = [...document.querySelectorAll("dd .pf-v6-c-label")].map((label) => label.textContent);
  expect(labels.filter((text) => text === "Renew it now" || text === "Expired")).toEqual(mark ? [mark] : []);
});

const clear = {
  method: "POST",
  url: "https://crm.example/hooks?token=s3cret",
  headers: [{ name: "webhook-signature", value: "v1,abc" }],
  body: "{}",
  curl: "curl 'https://crm.example/hooks?token=s3cret'",
};

test("secrets of a request are read on demand only, and can be hidden again", async () => {
  const server = { ...withAttempt({ error: null }), [`GET ${api}/attempts/1/request`]: () => [200, clear] as const };
  const page = showPage(`/deliveries/${id}`, server, { allowedActions: new Set(["change-webhooks"]) });
  await says("token=…");
  expect(document.body.textContent).not.toContain("s3cret");
  expect(page.askedFor(`GET ${api}/attempts/1/request`)).toEqual([]);
  await click("Reveal secrets and curl");
  await says("curl 'https://crm.example/hooks?token=s3cret'");
  await click("Hide secrets");
  await waitFor(() => expect(document.body.textContent).not.toContain("s3cret"));
});

test("without the action change-webhooks, secrets cannot be revealed", async () => {
  showPage(`/deliveries/${id}`, withAttempt({ error: null }), { allowedActions: new Set() });
  await says("token=…");
  expect(offered()).not.toContain("Reveal secrets and curl");
});

test("secrets of a deleted endpoint are not offered, because they are erased", async () => {
  showPage(`/deliveries/${id}`, {
    ...withAttempt({ error: null }),
    "GET /api/v1/endpoints/1": () => [404, { title: "Gone.", code: "not-found" }],
  });
  await says("Secrets of this request are erased");
  expect(offered()).not.toContain("Reveal secrets and curl");
});

test("sending again keeps the focus on the button, whose label changes", async () => {
  let state: DeliveryDetails["state"] = "delivered";
  showPage(`/deliveries/${id}`, {
    ...serverWith({}),
    [`GET ${api}`]: () => [200, { ...delivery, state }],
    [`POST ${api}/retry`]: () => {
      state = "pending";
      return [200, { ...delivery, state }];
    },
  });
  await says("Send again");
  const button = [...document.querySelectorAll("button")].find((element) => element.textContent === "Send again");
  button?.focus();
  button?.click();
  await says("Cancel delivery");
  expect(document.activeElement).toBe(button);
  expect(button?.textContent).toBe("Retry now");
  expect(button?.isConnected).toBe(true);
});

test("cancelling moves the focus from the removed button to the remaining one", async () => {
  let state: DeliveryDetails["state"] = "pending";
  showPage(`/deliveries/${id}`, {
    ...serverWith({}),
    [`GET ${api}`]: () => [200, { ...delivery, state }],
    [`POST ${api}/cancel`]: () => {
      state = "cancelled";
      return [200, { ...delivery, state }];
    },
  });
  await says("Cancel delivery");
  const cancel = [...document.querySelectorAll("main button")].find(
    (element) => element.textContent === "Cancel delivery",
  );
  if (cancel instanceof HTMLElement) cancel.focus();
  await click("Cancel delivery");
  await says("There will be no more attempts");
  await click("Cancel delivery");
  await waitFor(() => expect(cancel?.isConnected).toBe(false));
  await waitFor(() => expect(document.activeElement?.textContent).toBe("Retry now"));
});

test("a delivery that does not exist is not said to be live", async () => {
  showPage(`/deliveries/${id}`, { [`GET ${api}`]: () => [404, { title: "Not found.", code: "not-found" }] });
  await says("Delivery not found");
  await says("It was deleted or has expired");
  expect(document.querySelector(".bellwire-page-head")?.textContent).toBe("Delivery not found");
});

test("after a refused retry, the page shows what the delivery has become", async () => {
  let state: DeliveryDetails["state"] = "pending";
  const page = showPage(`/deliveries/${id}`, {
    ...serverWith({}),
    [`GET ${api}`]: () => [200, { ...delivery, state }],
    [`POST ${api}/retry`]: () => {
      state = "cancelled";
      return [409, { title: "It has ended already.", code: "conflict" }];
    },
  });
  await click("Retry now");
  await says("The delivery could not be retried");
  await says("It has ended already.");
  await says("Cancelled");
  expect(page.askedFor(`POST ${api}/retry`)).toHaveLength(1);
});

test.each([
  ["Retry now", ""],
  ["Cancel delivery", "/cancel"],
])("a lost response does not say that nothing was done: %s", async (button, path) => {
  const lose = () => Promise.reject(new TypeError("Failed to fetch"));
  const change = `POST ${api}${path || "/retry"}`;
  const page = showPage(`/deliveries/${id}`, { ...serverWith({}), [change]: lose });
  await click(button);
  if (path !== "") {
    await says("There will be no more attempts");
    await click(button);
  }
  await says("The change may have been made nevertheless.");
  expect(page.askedFor(change)).toHaveLength(1);
});
