import { expect, test } from "vitest";

import { click, fill } from "../../testing/show-in-portal.tsx";
import { says, showPage } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";

const account = {
  id: 4,
  state: "approved",
  org_name: "Quay Books",
  created_at: "2026-03-01T09:00:00Z",
  updated_at: "2026-03-01T09:00:00Z",
};
const definition = { id: 1, target: "Account", name: "org_name", label: "Organization", choices: [], position: 1 };

test("an organization's new name is read anew in the lists of applications", async () => {
  const page = showPage("/accounts/4", {
    "GET /admin/api/accounts/4.json": () => [200, { account }],
    "PUT /admin/api/accounts/4.json": () => [200, { account }],
    "GET /admin/api/fields_definitions.json": () => [200, { fields_definitions: [{ fields_definition: definition }] }],
  });
  const list = ["applications", "list", {}];
  page.queries.setQueryData(list, { applications: [], total: 0 });
  const id = await waitFor(
    () => document.querySelector("[name=org_name]")?.id ?? expect.fail("There is no such field."),
  );
  await fill(id, "Quay Press");
  await click("Save");
  await says("The account was changed");
  expect(page.queries.getQueryState(list)?.isInvalidated).toBe(true);
});
