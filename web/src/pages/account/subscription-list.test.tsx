import { expect, test } from "vitest";
import { exampleProduct } from "../../testing/examples.ts";
import { click, fill } from "../../testing/show-in-portal.tsx";
import { type Server, says, showPage, shown } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";

const times = { created_at: "2026-03-01T09:00:00Z", updated_at: "2026-03-01T09:00:00Z" };
const account = { id: 4, state: "approved", org_name: "Quay Books", ...times };
const subscription = { id: 51, plan_id: 8, service_id: 7, user_account_id: 4, state: "live", ...times };
const plans = [
  { id: 8, name: "Standard", state: "published", default: true },
  { id: 9, name: "Checked", state: "hidden", default: false, approval_required: true },
];
const subscriptions = "/admin/api/accounts/4/service_subscriptions";

interface Situation {
  readonly state?: string;
  readonly changes?: Server;
  readonly actions?: readonly string[];
  readonly mayReadPlans?: boolean;
}

/** Shows an account that is subscribed to one of two products. */
const showAccount = ({
  state = "live",
  changes = {},
  actions = ["change-plans"],
  mayReadPlans = true,
}: Situation = {}) => {
  const ofProduct = () => [200, { plans: plans.map((plan) => ({ service_plan: plan })) }] as const;
  const server: Server = {
    "GET /admin/api/accounts/4.json": () => [200, { account }],
    "GET /admin/api/services.json": () => [
      200,
      {
        services: [
          { service: { ...exampleProduct, id: 7, name: "Ferries" } },
          { service: { ...exampleProduct, id: 12, name: "Tides" } },
        ],
      },
    ],
    [`GET ${subscriptions}.json`]: () => [
      200,
      { service_subscriptions: [{ service_subscription: { ...subscription, state } }] },
    ],
    "GET /admin/api/services/7/service_plans.json": ofProduct,
    "GET /admin/api/services/12/service_plans.json": ofProduct,
    ...changes,
  };
  const pages = new Map([["account-plans", mayReadPlans]]);
  return showPage("/accounts/4", server, { allowedActions: new Set(actions), pages });
};

test("a pending subscription can be approved", async () => {
  const approval = `PUT ${subscriptions}/51/approve.json`;
  const page = showAccount({ state: "pending", changes: { [approval]: () => [200, {}] } });
  await click("Actions for Ferries");
  await click("Approve");
  await says("The subscription was approved");
  expect(page.askedFor(approval)).toHaveLength(1);
});

test.each([
  ["Change to Checked", `PUT ${subscriptions}/51/change_plan.json`, "The plan was changed"],
  ["Decline", "DELETE /api/v1/accounts/4/service_subscriptions/51/plan_request", "The request was declined"],
])("a requested service plan is decided with %s", async (button, change, done) => {
  const request = {
    subscription_id: 51,
    account_id: 4,
    org_name: "Quay Books",
    product_id: 7,
    product_name: "Ferries",
    plan_id: 8,
    plan_name: "Standard",
    requested_plan_id: 9,
    requested_plan_name: "Checked",
    asked_by: "mira",
    created_at: times.created_at,
  };
  const olafs = { ...request, subscription_id: 52, account_id: 5, asked_by: "olaf" };
  const changes: Server = {
    "GET /api/v1/pending_subscriptions": ({ query }) => [
      200,
      { data: [query.get("account_id") === "4" ? request : olafs] },
    ],
    [change]: () => [change.startsWith("PUT") ? 200 : 204, change.startsWith("PUT") ? {} : undefined],
  };
  const page = showAccount({ changes });
  await says("mira requests the plan Checked for Ferries");
  expect(shown()).not.toContain("olaf");
  await click(button);
  await says(done);
  expect(page.askedFor(change)).toHaveLength(1);
});

test("a live subscription is not offered for approval", async () => {
  showAccount();
  await click("Actions for Ferries");
  const titles = () => [...document.querySelectorAll("[role=menuitem]")].map(({ textContent }) => textContent);
  await waitFor(() => expect(titles()).toEqual(["Delete"]));
});

test("an account can be subscribed to the products that are left, on the default plan unless another is chosen", async () => {
  const creation = `POST ${subscriptions}.json`;
  const page = showAccount({ changes: { [creation]: () => [201, {}] } });
  await click("Subscribe to a product");
  await says("Standard");
  const options = (id: string) => [...document.querySelectorAll(`#${id} option`)].map(({ textContent }) => textContent);
  expect(options("product_id")).toEqual(["Tides"]);
  await waitFor(() => expect(document.querySelector<HTMLSelectElement>("#plan_id")?.value).toBe("8"));
  await fill("plan_id", "9");
  await says("This plan requires approval, so the subscription will be pending");
  await click("Subscribe");
  await says("The subscription waits for your approval");
  expect(page.askedFor(creation).map(({ body }) => body)).toEqual([{ plan_id: 9 }]);
});

test("the plan of a subscription can be changed, and its dialog announces no webhook", async () => {
  const change = `PUT ${subscriptions}/51/change_plan.json`;
  const page = showAccount({ changes: { [change]: () => [200, {}] } });
  const row = await waitFor(
    () => document.querySelector("[aria-label=Subscriptions] tbody tr") ?? expect.fail("There is no subscription."),
  );
  await waitFor(() => expect(row.textContent).toContain("Change plan"));
  row.querySelector<HTMLElement>("button.pf-m-link")?.click();
  await says("Present plan: Standard. The new plan applies immediately.");
  expect(document.querySelector("[role=dialog]")?.textContent).not.toContain("webhook");
  await fill("plan_id", "9");
  document.querySelector<HTMLElement>("[role=dialog] [type=submit]")?.click();
  await says("The plan was changed");
  expect(page.askedFor(change).map(({ body }) => body)).toEqual([{ plan_id: 9 }]);
});

test("a subscription whose applications are in use stays, and its dialog says why", async () => {
  const reason = "There are 2 unsuspended applications subscribed to the service";
  showAccount({ changes: { [`DELETE ${subscriptions}/51.json`]: () => [403, { errors: { base: [reason] } }] } });
  await click("Actions for Ferries");
  await click("Delete");
  await says("Delete the subscription to Ferries?");
  await click("Delete");
  await says(reason);
  expect(document.querySelector("[role=dialog]")?.textContent).toContain("Delete the subscription to Ferries?");
});

test("members without the section plans see no subscriptions, and ask for none", async () => {
  const page = showAccount({ mayReadPlans: false });
  await says("Details");
  expect(shown()).not.toContain("Subscriptions");
  expect(page.askedFor(`GET ${subscriptions}.json`)).toEqual([]);
});

test("without the right to change plans, subscriptions can be read only", async () => {
  showAccount({ actions: [] });
  await says("Standard");
  expect(shown()).not.toContain("Subscribe to a product");
  expect(document.querySelector("[aria-label='Actions for Ferries']")).toBeNull();
});
