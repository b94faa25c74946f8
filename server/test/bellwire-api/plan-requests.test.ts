import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import { changeAccountPlan, requestAccountPlan, signUpAccount } from "#portal/accounts/index.ts";
import { type Application, listApplications, requestApplicationPlan } from "#portal/applications/index.ts";
import { type BellwireHouse, test } from "./bellwire-api-test.ts";
import { passwords } from "../support/passwords.ts";

async function signUp({ pool, provider }: BellwireHouse, now: Date): Promise<Application> {
  const values = { org_name: "Harbour", username: "mira", email: "mira@harbour.example" };
  const by = { via: "program", actor: { kind: "key" }, channel: "api" } as const;
  const signedUp = await signUpAccount(pool, passwords, { provider, values, by, now });
  const account = "details" in signedUp ? signedUp.details.account.id : 0;
  const [application] = await listApplications(pool, provider.id, account);
  if (!application) throw new Error(JSON.stringify(signedUp));
  return application;
}

async function addPlan(pool: Pool, { product }: Application, name: string): Promise<number> {
  const [plan] = await pool.query<{ id: number }>(
    `insert into plans (provider_id, kind, product_id, name, system_name, state)
     select provider_id, 'application_plan', id, $2, lower($2), 'published' from products where id = $1
     returning id`,
    [product.id, name],
  );
  return plan?.id ?? 0;
}

/** A sign-up whose first application asks for the plan Gold. */
async function askForGold(house: BellwireHouse, now: Date): Promise<{ application: Application; gold: number }> {
  const { pool, provider } = house;
  const application = await signUp(house, now);
  const gold = await addPlan(pool, application, "Gold");
  await pool.query("update products set buyer_plan_change_permission = 'request' where id = $1", [
    application.product.id,
  ]);
  const by = { actor: { kind: "developer", userId: 0 }, channel: "developer_portal", now } as const;
  const { accountId, id: applicationId } = application;
  await requestApplicationPlan(pool, {
    provider,
    accountId,
    applicationId,
    planId: gold,
    decideAt: "https://a.example/",
    by,
  });
  return { application, gold };
}

const requests = async (house: BellwireHouse): Promise<object[]> =>
  (await house.call("GET", "/plan_requests")).json().data;

test("what is asked for is listed until it is declined, and the plan stays as it was", async ({ house, clock }) => {
  const { application, gold } = await askForGold(house, clock.now());
  expect(await requests(house)).toMatchObject([
    { application_id: application.id, org_name: "Harbour", plan_id: gold, plan_name: "Gold" },
  ]);
  const path = `/applications/${application.id}/plan_request`;
  expect((await house.call("DELETE", path)).statusCode).toBe(204);
  expect((await house.call("DELETE", path)).statusCode).toBe(404);
  expect(await requests(house)).toEqual([]);
  const [same] = await listApplications(house.pool, house.provider.id, application.accountId);
  expect(same?.plan.name).toBe("Basic");
});

test("members with the section decide, others neither see nor decline, nor does the neighbour", async ({
  house,
  neighbour,
  clock,
}) => {
  const { application } = await askForGold(house, clock.now());
  const path = `/applications/${application.id}/plan_request`;
  const as = async (section: string) => ({
    headers: { authorization: `Bearer ${await house.addToken({ role: "member", sections: [section] })}` },
  });
  expect(await requests(neighbour)).toEqual([]);
  expect((await neighbour.call("DELETE", path)).statusCode).toBe(404);
  for (const method of ["GET", "DELETE"] as const) {
    const url = method === "GET" ? "/plan_requests" : path;
    expect((await house.call(method, url, await as("finance"))).statusCode).toBe(403);
    expect((await house.call(method, url, await as("partners"))).statusCode).toBeLessThan(300);
  }
});

/** A sign-up whose account asks for the account plan Gold. */
async function askForAccountPlan(house: BellwireHouse, now: Date) {
  const { pool, provider } = house;
  const { accountId } = await signUp(house, now);
  const [gold] = await pool.query<{ id: number }>(
    `insert into plans (provider_id, kind, name, system_name, state)
     values ($1, 'account_plan', 'Gold', 'gold', 'published') returning id`,
    [provider.id],
  );
  const by = { actor: { kind: "developer", userId: 0 }, channel: "developer_portal", now } as const;
  const change = { provider, accountId, planId: gold?.id ?? 0, by };
  await requestAccountPlan(pool, { ...change, decideAt: "https://a.example/" });
  return change;
}

const accountRequests = async (house: BellwireHouse): Promise<object[]> =>
  (await house.call("GET", "/account_plan_requests")).json().data;

test("an account plan that is asked for is listed until it is declined or granted", async ({
  house,
  neighbour,
  clock,
}) => {
  const change = await askForAccountPlan(house, clock.now());
  const path = `/accounts/${change.accountId}/plan_request`;
  const asked = [{ account_id: change.accountId, org_name: "Harbour", plan_id: change.planId, plan_name: "Gold" }];
  expect(await accountRequests(house)).toMatchObject(asked);
  expect(await accountRequests(neighbour)).toEqual([]);
  expect((await neighbour.call("DELETE", path)).statusCode).toBe(404);
  expect((await house.call("DELETE", path)).statusCode).toBe(204);
  expect((await house.call("DELETE", path)).statusCode).toBe(404);
  expect(await accountRequests(house)).toEqual([]);

  await requestAccountPlan(house.pool, { ...change, decideAt: "https://a.example/" });
  expect(await accountRequests(house)).toMatchObject(asked);
  await changeAccountPlan(house.pool, change);
  expect(await accountRequests(house)).toEqual([]);
});
