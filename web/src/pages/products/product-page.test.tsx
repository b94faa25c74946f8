import { expect, test } from "vitest";
import { exampleProduct } from "../../testing/examples.ts";
import { click, fill } from "../../testing/show-in-portal.tsx";
import { type Server, says, showPage, shown } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";

const product = { ...exampleProduct, id: 7, name: "Ferries" };
const plan = { id: 3, name: "Basic", state: "published", cost_per_month: 0, setup_fee: 0, trial_period_days: 0 };
const at = "/admin/api/services";

/** Shows the Admin Portal with a server whose product can be deleted. */
function showProduct(
  answered: () => Promise<void> = () => Promise.resolve(),
  presentPlan = plan,
  plans = [plan],
  actions = ["change-products", "delete-products", "change-plans"],
) {
  let isThere = true;
  const server: Server = {
    [`GET ${at}.json`]: () => [200, { services: isThere ? [{ service: product }] : [] }],
    [`GET ${at}/7.json`]: () => (isThere ? [200, { service: product }] : [404, { status: "Not found" }]),
    [`GET ${at}/7/application_plans.json`]: () => [200, { plans: plans.map((each) => ({ application_plan: each })) }],
    [`GET ${at}/7/service_plans.json`]: () => [
      200,
      { plans: [{ service_plan: { ...plan, id: 8, name: "Standard" } }] },
    ],
    [`PUT ${at}/7/service_plans/8.json`]: () => [200, {}],
    [`GET ${at}/7/service_plans/8.json`]: () => [200, { service_plan: { ...plan, id: 8, name: "Standard" } }],
    [`GET ${at}/7/application_plans/3.json`]: () => [200, { application_plan: presentPlan }],
    [`PUT ${at}/7/application_plans/3.json`]: () => [200, {}],
    [`DELETE ${at}/7.json`]: async () => {
      await answered();
      isThere = false;
      return [200, {}];
    },
  };
  const page = showPage("/products/7", server, {
    allowedActions: new Set(actions),
    pages: new Map([["account-plans", actions.includes("change-plans")]]), // both need the section plans
  });
  return { ...page, remove: () => (isThere = false) };
}

const isOffered = (name: string) =>
  [...document.querySelectorAll("button")].some((element) => element.textContent === name);

test("going back to a deleted product shows neither the product nor its actions", async () => {
  const page = showProduct();
  await says("Ferries");
  await click("Delete");
  await says("Delete Ferries?");
  await click("Delete");
  await waitFor(() => expect(page.address()).toBe("/products"));
  await says("Ferries was deleted");
  expect(page.askedFor(`GET ${at}/7.json`)).toHaveLength(1);
  await waitFor(() => expect(page.queries.getQueryData(["products", "one", 7])).toBeUndefined());

  page.router.history.back();
  await says("Not found");
  expect(isOffered("Edit")).toBe(false);
});

test.each([
  ["members with the section plans", ["change-products", "change-plans"], [true, false, true]],
  ["members with the section partners", ["change-products"], [true, false, false]],
  ["members without a right to change", [], [false, false, false]],
])("%s see only the buttons that the server allows them", async (_who, actions, offered) => {
  showProduct(undefined, plan, [plan], actions);
  await says("Basic");
  expect(["Edit", "Delete", "Create a plan"].map(isOffered)).toEqual(offered);
});

test("a plan of subscriptions has no costs, since 3scale's API takes none for it", async () => {
  const page = showProduct();
  const headers = (label: string) =>
    [...document.querySelectorAll(`[aria-label="${label}"] th`)].map((th) => th.textContent);
  await waitFor(() => expect(headers("Plans of applications")).toContain("Setup fee"));
  await waitFor(() => expect(headers("Plans of subscriptions")).toContain("Approval"));
  expect(headers("Plans of subscriptions")).not.toContain("Setup fee");
  await click("Actions for Standard");
  await click("Edit");
  await waitFor(() => expect(document.querySelector("[role=dialog] #name")).not.toBeNull());
  expect(document.querySelector("[role=dialog] #setup_fee")).toBeNull();
  await says("New subscriptions on this plan wait for your approval");
  await fill("name", "Trusted");
  await click("Save");
  await says("The plan was updated");
  expect(page.askedFor(`PUT ${at}/7/service_plans/8.json`).map(({ body }) => body)).toEqual([{ name: "Trusted" }]);
});

test("members who may not read the plans of subscriptions see none, and ask for none", async () => {
  const page = showProduct(undefined, plan, [plan], ["change-products"]);
  await says("Basic");
  expect(shown()).not.toContain("Service plans");
  expect(page.askedFor(`GET ${at}/7/service_plans.json`)).toEqual([]);
});

test("a product without plans says that it has no applications, not that nobody can sign up", async () => {
  showProduct(undefined, plan, []);
  await says("Developers cannot create applications of this product without a plan.");
  expect(shown()).not.toContain("sign up");
});

const noApplications = "Developers cannot create applications of this product yet.";

test("a product says that developers cannot create applications while it offers them no plan", async () => {
  showProduct(); // published, but neither the default nor for developers to choose
  await says("Basic");
  expect(shown()).toContain(noApplications);
});

test("a product with a default plan offers it to developers", async () => {
  const defaultPlan = { ...plan, state: "hidden", default: true };
  showProduct(undefined, plan, [defaultPlan]);
  await says("Basic");
  expect(shown()).not.toContain(noApplications);
});

test("a deletion that ends after its page was left calls nobody back", async () => {
  const isAnswered = Promise.withResolvers<void>();
  const page = showProduct(() => isAnswered.promise);
  await click("Delete");
  await says("Delete Ferries?");
  await click("Delete");
  await page.router.navigate({ to: "/bins" });
  await says("Request bins");
  isAnswered.resolve();
  await says("Ferries was deleted");
  expect(page.address()).toBe("/bins");
});

test("a product that was deleted elsewhere disappears from its page, with its actions", async () => {
  const page = showProduct();
  await waitFor(() => expect(isOffered("Edit")).toBe(true));
  page.remove();
  await page.queries.invalidateQueries({ queryKey: ["products"] });
  await says("Not found");
  await waitFor(() => expect([isOffered("Edit"), shown().includes("Ferries")]).toEqual([false, false]));
});

test("a plan's new name is refreshed wherever it is shown", async () => {
  const page = showProduct();
  const shows = [
    ["applications", "list", {}],
    ["accounts", "one", 4, "plan"],
  ];
  for (const queryKey of shows) page.queries.setQueryData(queryKey, { plan_name: "Basic" });
  await click("Actions for Basic");
  await click("Edit");
  await waitFor(() => expect(document.querySelector("[role=dialog] #name")).not.toBeNull());
  await fill("name", "Small");
  await click("Save");
  await says("The plan was updated");
  expect(shows.map((queryKey) => page.queries.getQueryState(queryKey)?.isInvalidated)).toEqual([true, true]);
});

test("a price that somebody else saves meanwhile is replaced only by saving again", async () => {
  const page = showProduct(undefined, { ...plan, cost_per_month: 12 });
  const put = `PUT ${at}/7/application_plans/3.json`;
  await click("Actions for Basic");
  await click("Edit");
  await waitFor(() => expect(document.querySelector("[role=dialog] #name")).not.toBeNull());
  await fill("cost_per_month", "10");
  await click("Save");
  const hint = () => document.getElementById("cost_per_month-hint")?.textContent;
  await waitFor(() => expect(hint()).toContain("was changed to “12” by somebody else. Save again"));
  expect(page.askedFor(put)).toEqual([]);
  await click("Save");
  await says("The plan was updated");
  expect(page.askedFor(put).map(({ body }) => body)).toEqual([{ cost_per_month: "10" }]);
});

test("the products are shown in portions, and up to 50 plans of one as a whole", async () => {
  const named = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...plan, id: index + 1, name: `No ${index}` }));
  const rows = (label: string) => document.querySelectorAll(`[aria-label="${label}"] tbody tr`).length;
  showPage("/products", {
    [`GET ${at}.json`]: () => [
      200,
      { services: named(150).map(({ id, name }) => ({ service: { ...exampleProduct, id, name } })) },
    ],
  });
  await says("Show 50 more of 150");
  expect(rows("Products")).toBe(100);
  for (const [count, first] of [
    [50, 50],
    [51, 20],
  ] as const) {
    showPage("/products/7", {
      [`GET ${at}/7.json`]: () => [200, { service: { ...exampleProduct, id: 7 } }],
      [`GET ${at}/7/application_plans.json`]: () => [
        200,
        { plans: named(count).map((each) => ({ application_plan: each })) },
      ],
    });
    await waitFor(() => expect(rows("Plans of applications")).toBe(first));
  }
});
