import { expect, test } from "vitest";
import { exampleProduct } from "../../testing/examples.ts";
import { click, fill } from "../../testing/show-in-portal.tsx";
import { type Server, says, showPage } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";

const times = { created_at: "2026-03-01T09:00:00Z", updated_at: "2026-03-01T09:00:00Z" };
const support = { id: 81, name: "Support", system_name: "support", scope: "application_plan", visible: true, ...times };
const access = { ...support, id: 82, name: undefined, system_name: "early_access", scope: "service_plan" };
const plans = [
  { id: 3, name: "Basic", state: "published" },
  { id: 4, name: "Gold", state: "published" },
];
const at = "/admin/api/services/7";

interface Situation {
  readonly path?: string;
  readonly actions?: readonly string[];
  readonly changes?: Server;
}

/** Shows a product with two features. The plan Basic has the first one. */
function showFeatures({
  path = "/products/7",
  actions = ["change-features", "change-plans"],
  changes = {},
}: Situation = {}) {
  const enabled = new Map([[3, 81]]);
  const server: Server = {
    [`GET ${at}.json`]: () => [200, { service: { ...exampleProduct, id: 7, name: "Ferries" } }],
    [`GET ${at}/application_plans.json`]: () => [200, { plans: plans.map((plan) => ({ application_plan: plan })) }],
    [`GET ${at}/service_plans.json`]: () => [200, { plans: [{ service_plan: { id: 8, name: "Standard" } }] }],
    [`GET ${at}/features.json`]: () => [200, { features: [{ feature: support }, { feature: access }] }],
    "GET /admin/api/features.json": () => [200, { features: [] }],
    "GET /admin/api/account_plans.json": () => [200, { plans: [{ account_plan: { id: 9, name: "Default" } }] }],
    "GET /api/v1/plan_features": () => [
      200,
      { data: [...enabled].map(([plan_id, feature_id]) => ({ plan_id, feature_id })) },
    ],
    "POST /admin/api/application_plans/4/features.json": () => {
      enabled.set(4, 81);
      return [201, { feature: support }];
    },
    "DELETE /admin/api/application_plans/3/features/81.json": () => {
      enabled.delete(3);
      return [200, ""];
    },
    ...changes,
  };
  return showPage(path, server, { allowedActions: new Set(actions), pages: new Map([["account-plans", true]]) });
}

const cells = () =>
  [...document.querySelectorAll('[aria-label="Features"] tbody tr')].map((row) =>
    [...row.querySelectorAll("td")].map(({ textContent }) => textContent).filter((text) => text !== ""),
  );
const checks = () =>
  [...document.querySelectorAll<HTMLInputElement>("[role=dialog] input[type=checkbox]")].map(
    ({ id, checked }) => [id, checked] as const,
  );
const menu = () => [...document.querySelectorAll("[role=menuitem]")].map(({ textContent }) => textContent);

test("each feature is listed with the plans that have it, one without a name by its system name", async () => {
  showFeatures();
  await waitFor(() =>
    expect(cells().map((row) => row.join(" | ").replaceAll(/[\u2066-\u2069]/g, ""))).toEqual([
      "Support | Application plans | Basic",
      "early_access | Service plans | None",
    ]),
  );
});

test.each([
  [11, "Plan 10"],
  [12, "2 more"],
])("of %i plans with a feature, the list ends with %s", async (count, last) => {
  const having = Array.from({ length: count }, (_, index) => ({ id: 100 + index, name: `Plan ${index}` }));
  showFeatures({
    changes: {
      [`GET ${at}/application_plans.json`]: () => [200, { plans: having.map((plan) => ({ application_plan: plan })) }],
      "GET /api/v1/plan_features": () => [200, { data: having.map(({ id }) => ({ plan_id: id, feature_id: 81 })) }],
    },
  });
  await waitFor(() => expect(cells()[0]?.at(-1)?.split(", ")).toHaveLength(Math.min(count, 11)));
  expect(
    cells()[0]
      ?.at(-1)
      ?.split(", ")
      .at(-1)
      ?.replaceAll(/[\u2066-\u2069]/g, ""),
  ).toBe(last);
});

test("one click gives a feature to a plan of its kind, or takes it, and the list follows", async () => {
  const page = showFeatures();
  await click("Actions for Support");
  await click("Choose plans");
  await waitFor(() =>
    expect(checks()).toEqual([
      ["plan-3", true],
      ["plan-4", false],
    ]),
  );
  document.querySelector<HTMLInputElement>("#plan-4")?.click();
  await waitFor(() =>
    expect(checks()).toEqual([
      ["plan-3", true],
      ["plan-4", true],
    ]),
  );
  document.querySelector<HTMLInputElement>("#plan-3")?.click();
  await waitFor(() =>
    expect(checks()).toEqual([
      ["plan-3", false],
      ["plan-4", true],
    ]),
  );
  const enabling = page.askedFor("POST /admin/api/application_plans/4/features.json");
  expect(enabling.map(({ body }) => body)).toEqual([{ feature_id: 81 }]);
  await click("Close");
  await waitFor(() =>
    expect(
      cells()[0]
        ?.at(-1)
        ?.replaceAll(/[\u2066-\u2069]/g, ""),
    ).toBe("Gold"),
  );
});

test("a feature of service plans is created with their scope, and one of account plans without any", async () => {
  const created = { [`POST ${at}/features.json`]: () => [201, {}] as const };
  const page = showFeatures({ changes: created });
  await click("Create a feature");
  await waitFor(() => expect(document.querySelector("[role=dialog] #name")).not.toBeNull());
  await fill("name", "Newsletter");
  await fill("scope", "ServicePlan");
  await click("Create");
  await says("The feature was created");
  expect(page.askedFor(`POST ${at}/features.json`).map(({ body }) => body)).toEqual([
    expect.objectContaining({ name: "Newsletter", scope: "ServicePlan" }),
  ]);
});

test("features of account plans have no choice of a scope", async () => {
  showFeatures({ path: "/account-plans" });
  await says("There are no features yet.");
  await click("Create a feature");
  await waitFor(() => expect(document.querySelector("[role=dialog] #name")).not.toBeNull());
  expect(document.querySelector("[role=dialog] #scope")).toBeNull();
});

test.each([
  [["change-features"], ["Choose plans", "Edit", "Delete"], ["Edit", "Delete"]],
  [
    ["change-features", "change-plans"],
    ["Choose plans", "Edit", "Delete"],
    ["Choose plans", "Edit", "Delete"],
  ],
])("users with %j are offered what the server allows them", async (actions, ofApplications, ofSubscriptions) => {
  showFeatures({ actions });
  await click("Actions for Support");
  await waitFor(() => expect(menu()).toEqual(ofApplications));
  await click("Actions for Support");
  await waitFor(() => expect(menu()).toEqual([]));
  await click("Actions for early_access");
  await waitFor(() => expect(menu()).toEqual(ofSubscriptions));
});
