import { expect } from "vitest";
import { test, type PortalHouse } from "./portal-test.ts";

async function addPlan({ pool, provider }: PortalHouse, name: string): Promise<number> {
  const [plan] = await pool.query<{ id: number }>(
    `insert into plans (provider_id, kind, product_id, name, system_name, state)
     select $1, 'application_plan', id, $2, $2, 'published' from products where provider_id = $1
     returning id`,
    [provider.id, name],
  );
  return plan?.id ?? 0;
}

test("asking again and again for plans does not fill the mailboxes of the provider's admins", async ({ house }) => {
  const ada = await house.developer("ada");
  const [path = ""] = /\/applications\/\d+/.exec((await ada.get("/applications")).html) ?? [];
  const plans = [await addPlan(house, "gold"), await addPlan(house, "silver")];
  const toBoss = "update provider_users set email = 'boss@wheat.example' where provider_id = $1";
  await house.pool.query(toBoss, [house.provider.id]);
  const ask = async (time: number): Promise<number> =>
    (await ada.submit(`${path}/plan`, { plan_id: String(plans[time % 2]) })).status;
  const mails = async (): Promise<number> =>
    (await house.pool.query("select from mails where provider_id = $1", [house.provider.id])).length;

  expect([await ask(0), await ask(0)]).toEqual([303, 303]);
  expect(await mails()).toBe(1);
  for (let time = 1; time <= 8; time += 1) expect(await ask(time)).toBe(303);
  expect(await ask(9)).toBe(429);
  expect(await mails()).toBe(9);
});
