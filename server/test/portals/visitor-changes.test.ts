import { expect } from "vitest";
import { buildEndpoint } from "../support/build-webhooks.ts";
import { signUpValues, test } from "./portal-test.ts";

test("documents of a sign-up have UTC times, and those of signed-in changes the provider's time zone", async ({
  portal,
}) => {
  await portal.pool.query("update providers set time_zone = 'Europe/Madrid' where id = $1", [portal.provider.id]);
  const times = async () => {
    const sent = "select body from payloads where provider_id = $1 order by event_id";
    const payloads = await portal.pool.query<{ body: Buffer | string }>(sent, [portal.provider.id]);
    return payloads.map(({ body }) => /<created_at>[^<]*?(Z|[+-][\d:]{5})<.created_at>/.exec(String(body))?.[1]);
  };
  await buildEndpoint(portal.pool, { providerId: portal.provider.id, url: "https://receiver.example/" });
  const ada = await portal.developer("ada");
  expect(await times()).toEqual(["Z", "Z", "Z"]);
  await ada.submit("/account/edit", { org_name: "Quay" });
  expect((await times()).at(-1)).toBe("+01:00");
});

test("an activation link opened by a signed-in developer records that developer as the actor", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await portal.updateProvider({ email_activation: true });
  await portal.visitor("developer").submit("/signup", { ...signUpValues("bob"), email: "bob@tallow.example" });
  await portal.newEvents();
  expect((await ada.get(await portal.mailedPath())).html).toContain("Your email address has been confirmed");
  const events = await portal.newEvents();
  expect(events.length).toBeGreaterThan(0);
  for (const event of events) expect(event).toMatch(/by developer ada in developer_portal$/);
});
