import { expect } from "vitest";
import { test, type PortalFixture } from "./portal-test.ts";

async function addPlan({ pool, provider }: PortalFixture, name: string): Promise<number> {
  const [plan] = await pool.query<{ id: number }>(
    `insert into plans (provider_id, kind, product_id, name, system_name, state)
     select $1, 'application_plan', id, $2, $2, 'published' from products where provider_id = $1
     returning id`,
    [provider.id, name],
  );
  return plan?.id ?? 0;
}

test("repeated plan change requests are limited, and an unchanged one sends no second mail", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const [path = ""] = /\/applications\/\d+/.exec((await ada.get("/applications")).html) ?? [];
  const plans = [await addPlan(portal, "gold"), await addPlan(portal, "silver")];
  const toBoss = "update provider_users set email = 'boss@wheat.example' where provider_id = $1";
  await portal.pool.query(toBoss, [portal.provider.id]);
  const ask = async (time: number): Promise<number> =>
    (await ada.submit(`${path}/plan`, { plan_id: String(plans[time % 2]) })).status;
  const mails = async (): Promise<number> =>
    (await portal.pool.query("select from mails where provider_id = $1", [portal.provider.id])).length;

  expect([await ask(0), await ask(0)]).toEqual([303, 303]);
  expect(await mails()).toBe(1);
  for (let time = 1; time <= 8; time += 1) expect(await ask(time)).toBe(303);
  expect(await ask(9)).toBe(429);
  expect(await mails()).toBe(9);
});
