import { expect, test } from "vitest";

import { cannotFire } from "./cannot-fire.ts";

const off = { provider_actions: false, all_actors: false };
const byAdminsOnly = { doors: ["admin_portal", "api"] } as const;

test.each([
  ["what developers cause can always fire", { doors: ["developer_portal", "admin_portal", "api"] }, off, true],
  ["what only admins cause cannot fire while their actions do not count", byAdminsOnly, off, false],
  ["what admins cause fires once their actions count", byAdminsOnly, { ...off, provider_actions: true }, true],
  ["the provider key can cause it once all actors count", byAdminsOnly, { ...off, all_actors: true }, true],
  [
    "the provider key does not open the admin portal's door",
    { doors: ["admin_portal"] },
    { ...off, all_actors: true },
    false,
  ],
  ["what nothing causes cannot fire", { doors: [] }, { provider_actions: true, all_actors: true }, false],
] as const)("%s", (_guarantee, { doors }, settings, canFire) => {
  expect(cannotFire({ doors: [...doors] }, settings) === undefined).toBe(canFire);
});

test("the reason names the checkbox that would change it", () => {
  expect(cannotFire({ doors: ["api"] }, off)).toBe(
    "Cannot fire while actions in the admin portal do not trigger webhooks",
  );
});
