import { expect, test } from "vitest";
import { exampleProduct } from "../../testing/examples.ts";
import { click, fill } from "../../testing/show-in-portal.tsx";
import { type Server, says, showPage, shown } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";

const times = { created_at: "2026-03-01T09:00:00Z", updated_at: "2026-03-01T09:00:00Z", links: [] };
const plan = {
  id: 3,
  name: "Basic",
  state: "published",
  default: true,
  custom: false,
  approval_required: false,
  cost_per_month: 12.5,
  setup_fee: 0,
  trial_period_days: 1,
  ...times,
};
const metrics = [
  { id: 13, system_name: "hits", friendly_name: "Hits", unit: "hit", ...times },
  { id: 14, system_name: "departures", friendly_name: "Departures", unit: "hit", parent_id: 13, ...times },
];
const limit = { id: 15, metric_id: 13, plan_id: 3, period: "minute", value: 100, ...times };
const rules = [
  { id: 16, metric_id: 14, min: 1, max: 1000, cost_per_unit: "0.05", ...times },
  { id: 17, metric_id: 14, min: 1001, cost_per_unit: "0.01", ...times },
];
const terms = "/admin/api/application_plans/3";

/** Shows a plan with a limit and two prices. */
const showPlan = (changes: Server = {}, actions: readonly string[] = ["change-plans"]) =>
  showPage(
    "/products/7/plans/3",
    {
      "GET /admin/api/services/7.json": () => [200, { service: { ...exampleProduct, id: 7, name: "Ferries" } }],
      "GET /admin/api/services/7/application_plans/3.json": () => [200, { application_plan: plan }],
      "GET /admin/api/services/7/metrics.json": () => [200, { metrics: metrics.map((metric) => ({ metric })) }],
      [`GET ${terms}/features.json`]: () => [
        200,
        { features: [{ feature: { id: 9, name: "24/7 support", ...times } }] },
      ],
      [`GET ${terms}/limits.json`]: () => [200, { limits: [{ limit }] }],
      [`GET ${terms}/pricing_rules.json`]: () => [
        200,
        { pricing_rules: rules.map((rule) => ({ pricing_rule: rule })) },
      ],
      ...changes,
    },
    { allowedActions: new Set(actions) },
  );

declare global {
  interface JSON {
    /** Writes a number with all its digits. */
    rawJSON(text: string): unknown;
  }
}

test("an amount with more digits than a number keeps is shown, edited and saved exactly", async () => {
  const [cost, fee] = ["1234567890123456.789", "9007199254740993"];
  const exact = { ...plan, cost_per_month: JSON.rawJSON(`${cost}0`), setup_fee: JSON.rawJSON(`${fee}.0`) };
  const put = "PUT /admin/api/services/7/application_plans/3.json";
  const page = showPlan({
    "GET /admin/api/services/7/application_plans/3.json": () => [200, { application_plan: exact }],
    [put]: () => [200, { application_plan: exact }],
  });
  await says(cost);
  expect(shown()).toContain(fee);
  await click("Edit");
  const input = (name: string) => document.querySelector<HTMLInputElement>(`[role=dialog] #${name}`);
  await waitFor(() => expect(input("cost_per_month")?.value).toBe(cost));
  expect(input("setup_fee")?.value).toBe(fee);
  await fill("setup_fee", "9007199254740995");
  await click("Save");
  await says("The plan was updated");
  expect(page.askedFor(put).map(({ body }) => body)).toEqual([{ setup_fee: "9007199254740995" }]);
});

const rowsOf = (label: string) =>
  [...document.querySelectorAll(`[aria-label="${label}"] tbody tr`)].map((row) =>
    [...row.querySelectorAll("td")].map(({ textContent }) => textContent).filter((text) => text !== ""),
  );

test("a plan shows its limits and prices by the names of metrics, and leads to its product", async () => {
  showPlan();
  await says("Departures");
  expect(rowsOf("Limits")).toEqual([["Hits", "Minute", "100"]]);
  expect(rowsOf("Prices")).toEqual([
    ["Departures", "1 to 1,000", "0.05"],
    ["Departures", "from 1,001", "0.01"],
  ]);
  expect(shown()).toContain("1 day");
  await says("24/7 support");
  expect(document.querySelector('.bellwire-breadcrumb a[href$="/products/7"]')?.textContent).toBe("Ferries");
});

test("members who may not change plans see no button that changes terms", async () => {
  showPlan({}, []);
  await says("Departures");
  const buttons = [...document.querySelectorAll("main button")].map(({ textContent }) => textContent);
  expect(buttons.filter((text) => /Edit|Add|Delete/.test(text ?? ""))).toEqual([]);
  expect(document.querySelector('[aria-label^="Actions for"]')).toBeNull();
});

test("a limit of a method is added, and its error is at its field", async () => {
  let answer: readonly [number, object] = [422, { errors: { period: ["has already been taken"] } }];
  const path = `POST ${terms}/metrics/14/limits.json`;
  const page = showPlan({ [path]: () => answer });
  await says("Departures");
  await click("Add a limit");
  await fill("metric_id", "14");
  await fill("period", "day");
  await fill("value", "5");
  await click("Add");
  await says("has already been taken");
  answer = [201, { limit }];
  await click("Add");
  await says("The limit was added");
  expect(page.askedFor(path).map(({ body }) => body)).toEqual([
    { period: "day", value: "5" },
    { period: "day", value: "5" },
  ]);
});

test("a limit sends the first metric and a minute if nobody chooses others, and only what was edited later", async () => {
  const [created, updated] = [`POST ${terms}/metrics/13/limits.json`, `PUT ${terms}/metrics/13/limits/15.json`];
  const page = showPlan({
    [created]: () => [201, { limit }],
    [`GET ${terms}/metrics/13/limits/15.json`]: () => [200, { limit }],
    [updated]: () => [200, { limit }],
  });
  await says("Departures");
  await click("Add a limit");
  await fill("value", "0");
  await click("Add");
  await says("The limit was added");
  expect(page.askedFor(created).map(({ body }) => body)).toEqual([{ period: "minute", value: "0" }]);
  await click("Actions for Hits: minute");
  await click("Edit");
  await fill("value", "250");
  await click("Save");
  await says("The limit was updated");
  expect(page.askedFor(updated).map(({ body }) => body)).toEqual([{ value: "250" }]);
});

test("a price without an upper bound is added, and another one deleted", async () => {
  const [created, deleted] = [
    `POST ${terms}/metrics/13/pricing_rules.json`,
    `DELETE ${terms}/metrics/14/pricing_rules/17.json`,
  ];
  const page = showPlan({ [created]: () => [201, {}], [deleted]: () => [200, {}] });
  await says("Departures");
  await click("Add a price");
  await fill("cost_per_unit", "0.5");
  await click("Add");
  await says("The price was added");
  expect(page.askedFor(created).map(({ body }) => body)).toEqual([{ min: "1", cost_per_unit: "0.5" }]);
  await click("Actions for Departures from 1,001");
  await click("Delete");
  await says("Delete the price of Departures from 1,001?");
  await click("Delete");
  await says("The price was deleted");
  await waitFor(() => expect(page.askedFor(deleted)).toHaveLength(1));
});

test("a product's methods and metrics are created, and hits cannot be deleted", async () => {
  const list = "/admin/api/services/7/metrics";
  const page = showPage(
    "/products/7",
    {
      "GET /admin/api/services/7.json": () => [200, { service: { ...exampleProduct, id: 7, name: "Ferries" } }],
      "GET /admin/api/services/7/application_plans.json": () => [200, { plans: [{ application_plan: plan }] }],
      [`GET ${list}.json`]: () => [200, { metrics: metrics.map((metric) => ({ metric })) }],
      [`POST ${list}/13/methods.json`]: () => [201, {}],
      [`POST ${list}.json`]: () => [422, { errors: { friendly_name: ["has already been taken"] } }],
      [`DELETE ${list}/14.json`]: () => [200, {}],
    },
    { allowedActions: new Set(["change-products"]), pages: new Map([["account-plans", false]]) },
  );
  await says("Departures");
  expect(document.querySelector('a[href$="/products/7/plans/3"]')?.textContent).toBe("Basic");
  await click("Create a method");
  await fill("friendly_name", "Arrivals");
  await click("Create");
  await says("The method was created");
  expect(page.askedFor(`POST ${list}/13/methods.json`).map(({ body }) => body)).toEqual([
    { friendly_name: "Arrivals" },
  ]);
  await click("Create a metric");
  await fill("friendly_name", "Hits");
  await fill("unit", "MB");
  await click("Create");
  await says("has already been taken");
  await click("Cancel");
  await click("Actions for Hits");
  expect([...document.querySelectorAll("[role=menuitem]")].map(({ textContent }) => textContent)).toEqual(["Edit"]);
  await click("Actions for Departures");
  await click("Delete");
  await click("Delete");
  await says("The method was deleted");
  expect(page.askedFor(`DELETE ${list}/14.json`)).toHaveLength(1);
});
