import { expect, test } from "vitest";

import { click, fill, tick } from "../../testing/show-in-portal.tsx";
import { type Asked, showPage, says, type Server } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";

const types = [
  {
    type: "account.created",
    switch: "account_created_on",
    label: "Account created",
    group: "Accounts",
    interfaces: ["api"],
  },
  { type: "user.created", switch: "user_created_on", label: "User created", group: "Users", interfaces: ["api"] },
];

const endpointAt = (url: string) => ({
  id: 1,
  name: "default",
  url,
  active: true,
  state: "enabled",
  event_types: ["user.created"],
  provider_actions: true,
  all_actors: false,
  success: "200",
  held_until: null,
  held_after_restore: false,
});

const serverWith = (endpoints: readonly object[]): Server => ({
  "GET /api/v1/endpoints": () => [200, { data: endpoints, next: null }],
  "GET /api/v1/event_types": () => [200, { data: types }],
  "GET /api/v1/deliveries": () => [200, { data: [], next: null }],
  "GET /api/v1/bins": () => [200, { data: [], next: null }],
  "POST /api/v1/bins": () => [201, { url: "http://localhost/bins/b1" }],
  "PUT /admin/api/webhooks.json": () => [200, {}],
  "PATCH /api/v1/endpoints/1": () => [200, {}],
});

test("a provider without webhooks can leave the page", async () => {
  const page = showPage("/webhooks/edit", serverWith([]));
  await says("No receiver yet?");
  expect(page.address()).toBe("/webhooks/new");
  await page.router.navigate({ to: "/bins" });
  await waitFor(() => expect(document.querySelector("h1")?.textContent).toBe("Request bins"));
  expect(page.address()).toBe("/bins");
});

test("one retry opens the page after an error of all that it needs", async () => {
  let isBusy = true;
  const server = serverWith([endpointAt("https://crm.example/in")]);
  const unlessBusy = (request: string) => (asked: Asked) =>
    isBusy ? ([503, { title: "Too busy." }] as const) : (server[request]?.(asked) ?? ([404, {}] as const));
  const needed = ["GET /api/v1/endpoints", "GET /api/v1/event_types"];
  showPage("/webhooks/edit", {
    ...server,
    ...Object.fromEntries(needed.map((request) => [request, unlessBusy(request)])),
  });
  await says("Too busy.");
  isBusy = false;
  await click("Try again");
  await waitFor(() => expect(document.getElementById("url")).not.toBeNull());
});

test("a URL that is too long is not cut off: the field says how long it may be", async () => {
  showPage("/webhooks/edit", {
    ...serverWith([endpointAt("https://crm.example/in")]),
    "PUT /admin/api/webhooks.json": () => [422, { errors: { url: ["is too long (maximum is 255 characters)"] } }],
  });
  await fill("url", `https://crm.example/${"a".repeat(255)}`);
  expect([...document.querySelectorAll("main [maxlength]")]).toEqual([]); // which only cuts off what a person types or pastes
  await click("Save webhook settings");
  await says("is too long (maximum is 255 characters)");
});

test("the first save leads to the settings, unless the page was left meanwhile", async () => {
  const saved: object[] = [];
  const isLeft = Promise.withResolvers<void>();
  const page = showPage("/webhooks/new", {
    ...serverWith(saved),
    "PUT /admin/api/webhooks.json": async () => {
      const isFirst = saved.length === 0;
      saved.splice(0, 1, endpointAt("https://crm.example/in"));
      if (!isFirst) await isLeft.promise;
      return [200, {}];
    },
  });
  await fill("url", "https://crm.example/in");
  await click("Save webhook settings");
  await waitFor(() => expect(page.address()).toBe("/webhooks/edit"));

  await tick("active");
  await click("Save webhook settings");
  await waitFor(() => expect(document.querySelector("[type=submit]")?.getAttribute("aria-disabled")).toBe("true"));
  await page.router.navigate({ to: "/bins" });
  await waitFor(() => expect(document.querySelector("h1")?.textContent).toBe("Request bins"));
  isLeft.resolve();
  await says("The webhook settings were saved");
  expect(page.address()).toBe("/bins");
});

test("input of a first save stays, and does not replace that of a colleague who was first", async () => {
  const saved: object[] = [];
  const page = showPage("/webhooks/new", serverWith(saved));
  await fill("url", "https://billing.example/in");
  saved.push(endpointAt("https://crm.example/in"));
  await page.queries.invalidateQueries({ queryKey: ["endpoints"] });
  await waitFor(() => expect(page.address()).toBe("/webhooks/edit"));
  expect(document.querySelector<HTMLInputElement>("#url")?.value).toBe("https://billing.example/in");

  await click("Save webhook settings");
  await says("was changed to “https://crm.example/in” by somebody else");
  expect(page.askedFor("PUT /admin/api/webhooks.json")).toEqual([]);
});

test("a bin replaces a URL only after confirmation, which shows the URL", async () => {
  const page = showPage("/webhooks/edit", serverWith([endpointAt("https://crm.example/in")]));
  await says("Do you want to see the requests?");
  await click("Use a request bin");
  await says("your receiver gets nothing until you restore it. Your present URL:https://crm.example/in");
  await click("Cancel");
  expect(page.askedFor("POST /api/v1/bins")).toEqual([]);
  expect(page.askedFor("PUT /admin/api/webhooks.json")).toEqual([]);
});

test("the full URL that a bin replaces is shown on demand, beside one that was only typed", async () => {
  const whole = "https://crm.example/in?token=5ec2e7";
  showPage("/webhooks/edit", {
    ...serverWith([endpointAt("https://crm.example/in?token=…")]),
    "GET /api/v1/endpoints/1/url": () => [200, { url: whole }],
  });
  await fill("url", "https://other.example/in");
  await click("Use a request bin");
  const listed = () => [...document.querySelectorAll("[role=dialog] .bellwire-mono")].map((url) => url.textContent);
  await waitFor(() => expect(listed()).toEqual(["https://crm.example/in?token=…", "https://other.example/in"]));
  await click("Show the full URL");
  await waitFor(() => expect(listed()).toEqual([whole, "https://other.example/in"]));
});

test("using a bin saves unsaved edits and keeps the selection of events", async () => {
  const page = showPage("/webhooks/edit", serverWith([endpointAt("https://crm.example/in")]));
  await says("Do you want to see the requests?");
  await tick("provider_actions");
  await fill("url", "https://other.example/in");
  await click("Use a request bin");
  await says("https://other.example/in");
  await click("Use a request bin");
  await waitFor(() => expect(page.askedFor("PUT /admin/api/webhooks.json")).toHaveLength(1));
  // Absent switches keep their values.
  expect(page.askedFor("PUT /admin/api/webhooks.json")[0]?.body).toEqual({
    url: "http://localhost/bins/b1",
    active: true,
    provider_actions: false,
  });
});

test("a bin replaces what a colleague saves meanwhile only after another confirmation", async () => {
  let saved = endpointAt("https://crm.example/in");
  const page = showPage("/webhooks/edit", {
    ...serverWith([]),
    "GET /api/v1/endpoints": () => [200, { data: [saved], next: null }],
  });
  await tick("user_created_on");
  await click("Use a request bin");
  await says("Your present URL:https://crm.example/in");
  saved = { ...endpointAt("https://sales.example/in"), active: false, event_types: ["account.created"] };

  await click("Use a request bin");
  await says("Url was changed to “https://sales.example/in” by somebody else. Confirm again to replace that");
  await says("Active was changed by somebody else.");
  await says("Your present URL:https://sales.example/in");
  expect([...page.askedFor("POST /api/v1/bins"), ...page.askedFor("PUT /admin/api/webhooks.json")]).toEqual([]);

  await click("Use a request bin");
  await says("Webhooks now go to a request bin");
  expect(page.askedFor("PUT /admin/api/webhooks.json").map(({ body }) => body)).toEqual([
    { url: "http://localhost/bins/b1", active: true, user_created_on: false },
  ]);
});

test("without a URL, one click sets a bin and selects all events", async () => {
  const page = showPage("/webhooks/new", serverWith([]));
  await says("No receiver yet?");
  await click("Use a request bin");
  await waitFor(() => expect(page.askedFor("PUT /admin/api/webhooks.json")).toHaveLength(1));
  expect(page.askedFor("PUT /admin/api/webhooks.json")[0]?.body).toMatchObject({
    active: true,
    account_created_on: true,
    user_created_on: true,
  });
});

test("saving sends only the edits, so that a concurrent change of the URL survives", async () => {
  const page = showPage("/webhooks/edit", serverWith([endpointAt("https://crm.example/in")]));
  await tick("account_created_on");
  await tick("user_created_on");
  await tick("user_created_on");
  await tick("all_actors");
  await click("Save webhook settings");
  await says("The webhook settings were saved");
  expect(page.askedFor("PUT /admin/api/webhooks.json").map(({ body }) => body)).toEqual([
    { account_created_on: true, user_created_on: true },
  ]);
  expect(page.askedFor("PATCH /api/v1/endpoints/1").map(({ body }) => body)).toEqual([{ all_actors: true }]);
});

test("a URL that a colleague saves meanwhile is replaced only by saving again, and an event selected anew too", async () => {
  let saved = endpointAt("https://crm.example/in");
  const page = showPage("/webhooks/edit", {
    ...serverWith([]),
    "GET /api/v1/endpoints": () => [200, { data: [saved], next: null }],
  });
  await fill("url", "https://billing.example/in");
  await tick("user_created_on");
  await tick("user_created_on"); // as before
  saved = { ...endpointAt("https://sales.example/in"), active: false, event_types: [] };

  await click("Save webhook settings");
  await says("was changed to “https://sales.example/in” by somebody else. Save again to replace that");
  await says("User created on was changed by somebody else.");
  expect(page.askedFor("PUT /admin/api/webhooks.json")).toEqual([]);
  expect(document.querySelector<HTMLInputElement>("#url")?.value).toBe("https://billing.example/in");

  await click("Save webhook settings");
  await says("The webhook settings were saved");
  expect(page.askedFor("PUT /admin/api/webhooks.json").map(({ body }) => body)).toEqual([
    { url: "https://billing.example/in", user_created_on: true },
  ]);
});

test("an edit that is made while others are saved stays in the form", async () => {
  const page = showPage("/webhooks/edit", {
    ...serverWith([endpointAt("https://crm.example/in")]),
    "PUT /admin/api/webhooks.json": () => {
      void tick("user_created_on");
      return [200, {}];
    },
  });
  await tick("provider_actions");
  await click("Save webhook settings");
  await says("The webhook settings were saved");
  expect(document.querySelector<HTMLInputElement>("#user_created_on")?.checked).toBe(false);
  expect(page.askedFor("PUT /admin/api/webhooks.json").map(({ body }) => body)).toEqual([{ provider_actions: false }]);
});
