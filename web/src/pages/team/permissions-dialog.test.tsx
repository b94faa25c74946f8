import { expect, test } from "vitest";

import { type Answer, type Answers, click, rejection, showInPortal, tick } from "../../testing/show-in-portal.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { TeamPage } from "./team-page.tsx";

const lena = { id: 7, username: "lena", email: "lena@acme.test", role: "member", state: "active" };
const product = (id: number, name: string) => ({ service: { id, name } });
const deletedProduct = 9;
const answers: Answers = {
  "GET users": [200, { users: [{ user: lena }] }],
  "GET services": [200, { services: [product(1, "Ferries"), product(2, "Tides")] }],
  "PUT users/7/permissions": [200, {}],
};

/** Opens the dialog of a user with these sections and products. */
async function open(sections: readonly string[], services: readonly number[] | null, others: Answers = {}) {
  const permissions = { allowed_sections: sections, allowed_service_ids: services };
  const shown = showInPortal(<TeamPage />, {
    answers: { ...answers, "GET users/7/permissions": [200, { permissions }], ...others },
  });
  await click("Actions for lena");
  await click("Permissions");
  return shown;
}

const isOn = (id: string) => document.querySelector<HTMLInputElement>(`#${id}`)?.checked;
const saveButton = () =>
  [...document.querySelectorAll<HTMLButtonElement>("[role=dialog] button")].find(
    (element) => element.textContent === "Save",
  );
const changeOf = (body: object) => ({ request: "PUT users/7/permissions", body });

test("the present permissions are shown, and can be saved only once loaded and changed", async () => {
  await open(["settings"], [2]);
  await waitFor(() => expect(isOn("section_settings")).toBe(true));
  expect([isOn("section_plans"), isOn("services_some"), isOn("service_1"), isOn("service_2")]).toEqual([
    false,
    true,
    false,
    true,
  ]);
  expect(saveButton()?.disabled).toBe(true);
});

test("the first field gets the focus when the permissions have loaded, not the button that closes the dialog", async () => {
  await open(["settings"], null);
  await waitFor(() => expect(isOn("section_settings")).toBe(true));
  const first = document.querySelector("[role=dialog] input");
  await waitFor(() => expect(document.activeElement).toBe(first));
});

test("unreadable permissions are not shown as empty", async () => {
  await open([], null, { "GET users/7/permissions": [404, {}] });
  await waitFor(() => expect(document.querySelector("[role=dialog]")?.textContent).toContain("Not found"));
  expect(document.getElementById("section_settings")).toBeNull();
  expect(saveButton()?.disabled).toBe(true);
});

test("permissions without edits are not sent", async () => {
  const { changes } = await open(["settings"], [2]);
  await tick("section_plans");
  await click("Save");
  await waitFor(() => expect(changes()).toEqual([changeOf({ allowed_sections: ["settings", "plans"] })]));
});

test("a section or a product that another admin withdraws meanwhile stays withdrawn", async () => {
  const permissionsOf = (allowed_sections: readonly string[], allowed_service_ids: readonly number[]): Answer => [
    200,
    { permissions: { allowed_sections, allowed_service_ids } },
  ];
  const present: Record<string, Answer> = {
    ...answers,
    "GET users/7/permissions": permissionsOf(["partners", "settings"], [2]),
  };
  const { changes } = showInPortal(<TeamPage />, { answers: present });
  await click("Actions for lena");
  await click("Permissions");
  await tick("section_plans");
  await tick("service_1");
  present["GET users/7/permissions"] = permissionsOf(["settings"], []);
  await click("Save");
  await waitFor(() =>
    expect(changes()).toEqual([changeOf({ allowed_sections: ["settings", "plans"], allowed_service_ids: [1] })]),
  );
});

test("no product is distinguished from every product", async () => {
  const { changes } = await open(["plans"], null);
  await tick("services_some");
  expect(document.getElementById("allowed_service_ids-hint")?.textContent).toContain("no product");
  await click("Save");
  await waitFor(() => expect(changes()).toEqual([changeOf({ allowed_service_ids: [] })]));
});

test("a deleted product does not prevent choosing the others", async () => {
  const { changes } = await open(["plans"], [deletedProduct, 2]);
  await tick("service_1");
  await click("Save");
  await waitFor(() => expect(changes()).toEqual([changeOf({ allowed_service_ids: [2, 1] })]));
});

test("a rejection is shown in the dialog, which keeps the selection", async () => {
  await open(["plans"], [2], {
    "PUT users/7/permissions": [422, { errors: { allowed_service_ids: ["must be services that are there"] } }],
  });
  await tick("service_1");
  await click("Save");
  await waitFor(() => expect(rejection()).toContain("could not be changed"));
  expect(document.getElementById("allowed_service_ids-hint")?.textContent).toContain("must be services that are there");
  expect(isOn("service_1")).toBe(true);
});
