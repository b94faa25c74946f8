import { expect } from "vitest";
import { buildEndpoint } from "../support/build-webhooks.ts";
import { filledIn, test } from "./portal-test.ts";

test("documents of a sign-up, where nobody is signed in, have their times in UTC, whatever the provider's zone", async ({
  house,
}) => {
  await house.pool.query("update providers set time_zone = 'Europe/Madrid' where id = $1", [house.provider.id]);
  const times = async () => {
    const sent = "select body from payloads where provider_id = $1 order by event_id";
    const payloads = await house.pool.query<{ body: Buffer | string }>(sent, [house.provider.id]);
    return payloads.map(({ body }) => /<created_at>[^<]*?(Z|[+-][\d:]{5})<.created_at>/.exec(String(body))?.[1]);
  };
  await buildEndpoint(house.pool, { providerId: house.provider.id, url: "https://receiver.example/" });
  const ada = await house.developer("ada");
  expect(await times()).toEqual(["Z", "Z", "Z"]);
  await ada.submit("/account/edit", { org_name: "Quay" });
  expect((await times()).at(-1)).toBe("+01:00");
});

test("a link of activation that a developer opens counts as the developer's own deed", async ({ house }) => {
  const ada = await house.developer("ada");
  await house.change({ email_activation: true });
  await house.visitor("developer").submit("/signup", { ...filledIn("bob"), email: "bob@tallow.example" });
  await house.told();
  expect((await ada.get(await house.mailedPath())).html).toContain("Your address is confirmed");
  const told = await house.told();
  expect(told.length).toBeGreaterThan(0);
  for (const it of told) expect(it).toMatch(/by developer ada in developer_portal$/);
});
