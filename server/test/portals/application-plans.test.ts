import { expect } from "vitest";
import { changeProduct } from "./change-product.ts";
import { firstPath } from "./first-path.ts";
import { type PortalHouse, test } from "./portal-test.ts";

const byAda = "by developer ada in developer_portal";

async function addPlan(house: PortalHouse, name: string, state: "published" | "hidden"): Promise<number> {
  const [plan] = await house.pool.query<{ id: number }>(
    `insert into plans (provider_id, kind, product_id, name, system_name, state)
     select $1, 'application_plan', id, $2, lower($2), $3 from products where provider_id = $1
     returning id`,
    [house.provider.id, name, state],
  );
  return plan?.id ?? 0;
}

test("a plan can be chosen only where the product lets developers choose, and only a published one", async ({
  house,
}) => {
  const ada = await house.developer("ada");
  const [gold, secret] = [await addPlan(house, "Gold", "published"), await addPlan(house, "Secret", "hidden")];
  expect((await ada.get("/applications/new")).html).not.toContain("Gold");

  await changeProduct(house, "buyer_can_select_plan = true");
  const { html } = await ada.get("/applications/new");
  expect(html).toContain("API: Gold");
  expect(html).not.toContain("Secret");
  const refused = await ada.submit("/applications/new", { name: "Shop", plan_id: String(secret) });
  expect(refused.status).toBe(422);
  expect(refused.html).toMatch(/id="plan_id-error">Plan must be one of these/);
  const { location = "" } = await ada.submit("/applications/new", { name: "Shop", plan_id: String(gold) });
  expect((await ada.get(location)).html).toContain("<dd>Gold</dd>");
});

test("an application moves to another plan only where the product lets developers do it at once", async ({ house }) => {
  const ada = await house.developer("ada");
  const path = await firstPath(ada);
  const [gold, secret] = [await addPlan(house, "Gold", "published"), await addPlan(house, "Secret", "hidden")];
  await house.told();
  for (const permission of ["none", "credit_card"]) {
    await changeProduct(house, `buyer_plan_change_permission = '${permission}'`);
    expect((await ada.get(`${path}/plan`)).status, permission).toBe(403);
    expect((await ada.get(path)).html, permission).not.toContain(`${path}/plan`);
  }
  await changeProduct(house, "buyer_plan_change_permission = 'direct'");
  expect((await ada.submit(`${path}/plan`, { plan_id: String(secret) })).status).toBe(422);
  expect(await ada.submit(`${path}/plan`, { plan_id: String(gold) })).toMatchObject({
    status: 303,
    location: `${path}?done=plan-changed`,
  });
  expect((await ada.get(path)).html).toContain("<dd>Gold</dd>");
  expect(await house.told()).toEqual([`application.plan_changed ${byAda}`]);
});

test("where the provider decides, a developer asks for a plan, and its admins are written to", async ({ house }) => {
  const ada = await house.developer("ada");
  const path = await firstPath(ada);
  const gold = await addPlan(house, "Gold", "published");
  await house.pool.query("update provider_users set email = 'boss@wheat.example' where provider_id = $1", [
    house.provider.id,
  ]);
  await house.told();
  for (const permission of ["request", "request_credit_card"]) {
    await changeProduct(house, `buyer_plan_change_permission = '${permission}'`);
    expect((await ada.get(path)).html).toContain("Ask for another plan");
    expect(await ada.submit(`${path}/plan`, { plan_id: String(gold) })).toMatchObject({
      status: 303,
      location: `${path}?done=plan-asked-for`,
    });
  }
  expect(await house.mailedPath()).toMatch(new RegExp(`^/p/admin/accounts/\\d+${path}$`));
  expect((await ada.get(path)).html).toContain("You have asked for Gold.");
  expect((await ada.get(`${path}/plan`)).html).toContain("You have asked for Gold.");
  expect(await house.told()).toEqual([]);

  await changeProduct(house, "buyer_plan_change_permission = 'direct'");
  await ada.submit(`${path}/plan`, { plan_id: String(gold) });
  expect((await ada.get(path)).html).not.toContain("You have asked for");
});

test("who chooses a plan or asks for one reads what it costs, and whether it has to be approved", async ({ house }) => {
  await changeProduct(house, "buyer_plan_change_permission = 'request'");
  const ada = await house.developer("ada");
  const path = await firstPath(ada);
  await house.pool.query(
    "update plans set cost_per_month = 10, approval_required = true where provider_id = $1 and kind = 'application_plan'",
    [house.provider.id],
  );
  expect((await ada.get("/applications/new")).html).toMatch(/on the plan [^(<]* \(10 a month, needs approval\)\./);

  const gold = await addPlan(house, "Gold", "published");
  await house.pool.query(
    "update plans set cost_per_month = 1234.5, setup_fee = 20, trial_period_days = 30 where provider_id = $1 and id = $2",
    [house.provider.id, gold],
  );
  const { html } = await ada.get(`${path}/plan`);
  expect(html).toMatch(/is on the plan [^(<]* \(10 a month\)\./);
  expect(html).toContain("<li>Gold (1,234.5 a month, 20 to set up, 30 trial days)</li>");

  await changeProduct(house, "buyer_can_select_plan = true");
  const { html: choice } = await ada.get("/applications/new");
  expect(choice).toMatch(/<li>API: [^(<]* \(10 a month, needs approval\)<\/li>/);
  expect(choice).toContain("<li>API: Gold (1,234.5 a month, 20 to set up, 30 trial days)</li>");
});

test("who has asked for a plan takes that back after a question, until it is decided", async ({ house }) => {
  await changeProduct(house, "buyer_plan_change_permission = 'request'");
  const ada = await house.developer("ada");
  const path = await firstPath(ada);
  const gold = await addPlan(house, "Gold", "published");
  expect((await ada.get(`${path}/plan/withdraw`)).status).toBe(404);
  await ada.submit(`${path}/plan`, { plan_id: String(gold) });
  await house.told();

  expect((await ada.get(path)).html).toContain(`href="${path}/plan/withdraw"`);
  const { html } = await ada.get(`${path}/plan/withdraw`);
  expect(html).toContain("Withdraw the request for Gold?");
  expect((await ada.submit(`${path}/plan/withdraw`)).location).toBe(`${path}?done=request-withdrawn`);

  expect((await ada.get(path)).html).not.toContain("You have asked for");
  const form = ada.hiddenInputs(html, `${path}/plan/withdraw`);
  expect((await ada.post(`${path}/plan/withdraw`, form)).status).toBe(404);
  expect(await house.told()).toEqual([]);
});
