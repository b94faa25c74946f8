import { expect, test } from "vitest";
import { type Answers, click, fill, rejection, showInPortal } from "../../testing/show-in-portal.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { CreateApplication, chosenPlanId, chosenProduct, requestBody } from "./create-application.tsx";
import type { Product } from "../../api/products.ts";
import { exampleProduct } from "../../testing/examples.ts";

const definition = (name: string, required: boolean) => ({
  fields_definition: { id: 1, target: "Cinstance", name, label: name, required, choices: [], position: 1 },
});
const plan = (id: number, name: string, isDefault = false) => ({
  application_plan: { id, name, state: "published", default: isDefault },
});
const customized = { application_plan: { ...plan(6, "Basic (custom)").application_plan, custom: true } };
const account = (id: number, org_name: string) => ({ account: { id, org_name } });
const answers: Answers = {
  "GET fields_definitions": [200, { fields_definitions: [definition("name", true), definition("berth", true)] }],
  "GET services": [
    200,
    {
      services: [
        { service: { id: 7, name: "Ferries", backend_version: "1" } },
        { service: { id: 8, name: "Tides", backend_version: "2" } },
      ],
    },
  ],
  "GET services/7/application_plans": [200, { plans: [plan(1, "Basic", true), plan(2, "Gold"), customized] }],
  "GET services/8/application_plans": [200, { plans: [plan(3, "Spring")] }],
  "GET accounts?per_page=50": [200, { accounts: [account(4, "Quay Books"), account(5, "Harbour")] }],
  "GET accounts?query=harb&per_page=50": [200, { accounts: [account(5, "Harbour")] }],
  "POST accounts/4/applications": [201, { application: { id: 9, account_id: 4 } }],
  "POST accounts/5/applications": [201, { application: { id: 9, account_id: 5 } }],
};

const show = (others: Answers = {}, owner?: { id: number; org_name: string }) =>
  showInPortal(<CreateApplication {...(owner && { account: owner })} />, { answers: { ...answers, ...others } });

const offered = (id: string) => [...document.querySelectorAll(`#${id} option`)].map((element) => element.textContent);
const idOf = (name: string) => document.querySelector(`[role=dialog] [name=${name}]`)?.id ?? name;
const fillField = (name: string, value: string) => waitFor(() => fill(idOf(name), value));
const quay = { id: 4, org_name: "Quay Books" };

test("the dialog offers the plans and credentials of the chosen product only, without custom plans", async () => {
  const { changes, path } = show({}, quay);
  await click("Create an application");
  await waitFor(() => expect(offered("product_id")).toEqual(["Choose a product", "Ferries", "Tides"]));
  expect(document.getElementById("plan_id")).toBeNull();
  await fill("product_id", "8");
  await waitFor(() => expect(offered("plan_id")).toEqual(["Choose a plan", "Spring"]));
  expect(document.getElementById("user_key")).toBeNull();
  await fill("application_id", "tide-id");
  await fill("product_id", "7");
  await waitFor(() => expect(offered("plan_id")).toEqual(["Choose a plan", "Basic", "Gold"]));
  expect(document.getElementById("application_id")).toBeNull();
  expect(document.querySelector<HTMLSelectElement>("#plan_id")?.value).toBe("1"); // the default one
  await fillField("name", "Ferry times");
  await fillField("berth", "B2");
  await click("Create");
  await waitFor(() =>
    expect(changes()).toEqual([
      { request: "POST accounts/4/applications", body: { plan_id: 1, name: "Ferry times", berth: "B2" } },
    ]),
  );
  await waitFor(() => expect(path()).toBe("/accounts/4/applications/9"));
});

test("a search for accounts that fails is not said to match none", async () => {
  show({
    "GET accounts?query=harb&per_page=50": [500, {}],
    "GET accounts?query=reef&per_page=50": [200, { accounts: [] }],
  });
  await click("Create an application");
  await waitFor(() => expect(offered("account_id")).toEqual(["Choose an account", "Quay Books", "Harbour"]));
  await fill("account_query", "harb");
  await waitFor(() => expect(offered("account_id")).toEqual(["The accounts could not be searched"]));
  await fill("account_query", "reef");
  await waitFor(() => expect(offered("account_id")).toEqual(["No account matches"]));
});

test("a required field must be filled in", async () => {
  show({}, quay);
  await click("Create an application");
  await waitFor(() => expect(document.querySelector("[name=berth]")?.hasAttribute("required")).toBe(true));
});

test("an error is shown beside its field, and the values stay", async () => {
  show({ "POST accounts/4/applications": [422, { errors: { user_key: ["has already been taken"] } }] }, quay);
  await click("Create an application");
  await fill("product_id", "7");
  await waitFor(() => expect(offered("plan_id")).toHaveLength(3));
  await fillField("name", "Ferry times");
  await fillField("berth", "B2");
  await fill("user_key", "u-key");
  await click("Create");
  await waitFor(() => expect(rejection()).toContain("could not be created"));
  expect(document.getElementById("user_key-hint")?.textContent).toContain("has already been taken");
  expect(document.querySelector<HTMLInputElement>("#user_key")?.value).toBe("u-key");
});

test("an account is found by search and stays chosen during another search", async () => {
  const { changes } = show();
  await click("Create an application");
  await waitFor(() => expect(offered("account_id")).toEqual(["Choose an account", "Quay Books", "Harbour"]));
  await fill("account_id", "4");
  await fill("account_query", "harb");
  await waitFor(() => expect(offered("account_id")).toEqual(["Choose an account", "Quay Books", "Harbour"]));
  await fill("account_id", "5");
  await fill("product_id", "7");
  await waitFor(() => expect(offered("plan_id")).toHaveLength(3));
  await fillField("name", "Ferry times");
  await fillField("berth", "B2");
  await click("Create");
  await waitFor(() => expect(changes().map((element) => element.request)).toEqual(["POST accounts/5/applications"]));
});

const product = (id: number, backend_version: Product["backend_version"]): Product => ({
  ...exampleProduct,
  id,
  backend_version,
});

test("empty credentials and those of another kind of product are not sent", () => {
  const values = {
    name: "Ferry times",
    user_key: "u-key",
    application_id: "app-id",
    application_key: "",
    region: "north",
  };
  expect(requestBody({ values }, product(7, "2"), "3")).toEqual({
    plan_id: 3,
    name: "Ferry times",
    application_id: "app-id",
    region: "north",
  });
  expect(requestBody({ values }, product(7, "1"), "3")).toEqual({
    plan_id: 3,
    name: "Ferry times",
    user_key: "u-key",
    region: "north",
  });
});

test("a single product is preselected; with several, none is", () => {
  expect(chosenProduct({}, [product(7, "1")])?.id).toBe(7);
  expect(chosenProduct({}, [product(7, "1"), product(8, "2")])).toBeUndefined();
  expect(chosenProduct({ productId: "8" }, [product(7, "1"), product(8, "2")])?.id).toBe(8);
});

test("the default plan is preselected", () => {
  const plans = [
    { id: 1, default: false },
    { id: 2, default: true },
  ];
  expect([chosenPlanId({}, plans), chosenPlanId({ planId: "1" }, plans), chosenPlanId({}, [])]).toEqual(["2", "1", ""]);
});
