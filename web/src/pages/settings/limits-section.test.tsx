import { expect, test } from "vitest";

import { click, showInPortal } from "../../testing/show-in-portal.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { LimitsSection } from "./limits-section.tsx";

const data = [
  { name: "endpoints-per-provider", of: "provider", max: 1000, used: 3 },
  { name: "users-per-account", of: "account", max: 1000, used: null },
];

test("the limits are fetched when they are expanded, with their use", async () => {
  showInPortal(<LimitsSection />, { answers: { "GET limits": [200, { data }] } });
  await waitFor(() => expect(document.body.textContent).toContain("Limits"));
  expect(document.querySelector("table")).toBeNull();
  await click("Limits");
  await waitFor(() => {
    const rows = [...document.querySelectorAll("tbody tr")].map((row) =>
      [...row.children].map((element) => element.textContent),
    );
    expect(rows).toEqual([
      ["Endpoints per provider", "3", "1,000"],
      ["Users per account", "–", "1,000"],
    ]);
  });
});
