import { expect } from "vitest";
import {
  approveSubscription,
  changeSubscriptionPlan,
  declineSubscriptionPlanRequest,
  readSubscriptions,
  unsubscribe,
} from "#portal/applications/index.ts";
import { addPlan, type PortalFixture, test as base } from "./portal-test.ts";
import type { Visitor } from "./visitor.ts";

const requested = { status: 303, location: "/applications?done=subscription-requested" };
const waiting = "Waiting for approval";

/** A developer whose account has no subscription, to a product whose subscriptions the provider approves. */
const test = base
  .extend("ada", async ({ portal }) => {
    const { pool, provider } = portal;
    const ada = await portal.developer("ada");
    await setServicePlan(portal, "approval_required = true");
    await pool.query("delete from service_subscriptions where provider_id = $1", [provider.id]);
    await pool.query("update provider_users set email = 'boss@wheat.example' where provider_id = $1", [provider.id]);
    return ada;
  })
  .extend("subscribePath", async ({ portal: { pool, provider } }) => {
    const [product] = await pool.query<{ id: number }>("select id from products where provider_id = $1", [provider.id]);
    return `/products/${product?.id}/subscribe`;
  });

const setServicePlan = ({ pool, provider }: PortalFixture, assignments: string): Promise<unknown> =>
  pool.query(`update plans set ${assignments} where provider_id = $1 and kind = 'service_plan'`, [provider.id]);

const mailsOf = ({ pool, provider }: PortalFixture) =>
  pool.query<{ recipient: string; subject: string; text: string }>(
    "select recipient, subject, text from mails where provider_id = $1 and subject not like '%activate%' order by id",
    [provider.id],
  );

type Decision = (...values: Parameters<typeof approveSubscription>) => Promise<unknown>;

/** Approves or deletes the only subscription. */
async function decide({ pool, provider, clock }: PortalFixture, decision: Decision): Promise<unknown> {
  const [account] = await pool.query<{ id: number }>("select id from accounts where provider_id = $1", [provider.id]);
  const accountId = account?.id ?? 0;
  const [subscribed] = await readSubscriptions(pool, provider.id, accountId);
  const by = { actor: { kind: "key" }, channel: "api", now: clock.now() } as const;
  const subscriptionId = subscribed?.subscription.id ?? 0;
  return decision(pool, { provider, accountId, subscriptionId, by });
}

/** A developer whose account is subscribed, and the path of the form for another service plan. */
async function openSubscription(portal: PortalFixture, permission: string) {
  const { pool, provider } = portal;
  const ada = await portal.developer("ada");
  await setSettings(portal, `service_plans_ui_visible = true, change_service_plan_permission = '${permission}'`);
  await pool.query("update provider_users set email = 'boss@wheat.example' where provider_id = $1", [provider.id]);
  const gold = await addPlan(portal, { kind: "service_plan" });
  const [subscription] = await pool.query<{ id: number }>(
    "select id from service_subscriptions where provider_id = $1",
    [provider.id],
  );
  await portal.newEvents();
  const path = `/subscriptions/${subscription?.id}/plan`;
  return { ada, gold, path, shown: async () => (await ada.get("/applications")).html };
}

const setSettings = ({ pool, provider }: PortalFixture, assignments: string): Promise<unknown> =>
  pool.query(`update providers set ${assignments} where id = $1`, [provider.id]);

const requestedPlan = /You have requested <bdi>Gold<\/bdi>/;

/** Returns what the list of applications offers. */
async function offered(ada: Visitor): Promise<object> {
  const { html } = await ada.get("/applications");
  return {
    creates: html.includes('href="/applications/new"'),
    requests: html.includes('/subscribe"'),
    waits: html.includes(waiting),
  };
}

test("a developer requests access to a product, and creates applications once an admin has approved it", async ({
  portal,
  ada,
  subscribePath,
}) => {
  expect(await offered(ada)).toEqual({ creates: false, requests: true, waits: false });
  expect((await ada.get("/applications/new")).status).toBe(403);
  const { html } = await ada.get(subscribePath);
  expect(html).toContain("Request access to API?");
  expect(html).toContain("Wheat &amp; Sons must approve it. Then you can create applications of API.");

  const before = (await mailsOf(portal)).length;
  expect(await ada.submit(subscribePath)).toMatchObject(requested);
  expect(await offered(ada)).toEqual({ creates: false, requests: false, waits: true });
  const [toAdmin, ...others] = (await mailsOf(portal)).slice(before);
  expect([toAdmin?.recipient, toAdmin?.subject, others]).toEqual([
    "boss@wheat.example",
    "Wheat & Sons: Tallow Ltd asks for access to API",
    [],
  ]);
  expect(await portal.mailedPath()).toMatch(/^\/p\/admin\/accounts\/\d+\?request=subscription-\d+$/);

  await decide(portal, approveSubscription);
  const toDeveloper = (await mailsOf(portal)).at(-1);
  expect([toDeveloper?.recipient, toDeveloper?.subject]).toEqual([
    "ada@tallow.example",
    "Wheat & Sons: your subscription is approved",
  ]);
  expect(await offered(ada)).toEqual({ creates: true, requests: false, waits: false });
  expect(await ada.submit("/applications/new", { name: "Shop" })).toMatchObject({
    location: expect.stringContaining("application-created"),
  });
});

test("a request that the provider deletes is mailed to the developer, but not the end of a live subscription", async ({
  portal,
  ada,
  subscribePath,
}) => {
  await portal.pool.query("delete from applications where provider_id = $1", [portal.provider.id]);
  await ada.submit(subscribePath);
  await decide(portal, unsubscribe);
  const mails = await mailsOf(portal);
  expect(mails.at(-1)).toMatchObject({
    recipient: "ada@tallow.example",
    subject: "Wheat & Sons: your subscription is not approved",
    text: expect.stringContaining("the subscription to API was not approved at Wheat & Sons."),
  });
  expect(await offered(ada)).toEqual({ creates: false, requests: true, waits: false });

  await ada.submit(subscribePath);
  await decide(portal, approveSubscription);
  await decide(portal, unsubscribe);
  const decisions = (await mailsOf(portal)).filter(({ subject }) => subject.includes("your subscription"));
  expect(decisions.map(({ subject }) => subject)).toEqual([
    "Wheat & Sons: your subscription is not approved",
    "Wheat & Sons: your subscription is approved",
  ]);
});

test("a request that is sent twice makes one subscription and one mail", async ({ portal, ada, subscribePath }) => {
  const before = (await mailsOf(portal)).length;
  const form = ada.hiddenInputs((await ada.get(subscribePath)).html, subscribePath);
  expect(await ada.post(subscribePath, form)).toMatchObject(requested);
  expect(await ada.post(subscribePath, form)).toMatchObject(requested);
  expect(await ada.get(subscribePath)).toMatchObject(requested);
  expect((await mailsOf(portal)).length).toBe(before + 1);
});

test("a developer withdraws a request that is not decided yet, once and without an event", async ({
  portal,
  ada,
  subscribePath,
}) => {
  const { pool, provider } = portal;
  await pool.query("delete from applications where provider_id = $1", [provider.id]);
  const wanted = { service_contract_cancellation: true };
  await pool.query("update provider_users set notifications = $2 where provider_id = $1", [provider.id, wanted]);
  const withdrawPath = `${subscribePath}/withdraw`;
  expect((await ada.get(withdrawPath)).status, "before the request").toBe(404);
  await ada.submit(subscribePath);
  expect((await ada.get("/applications")).html).toContain(`href="${withdrawPath}"`);
  const { html } = await ada.get(withdrawPath);
  expect(html).toContain("Withdraw the request for access to API?");
  const form = ada.hiddenInputs(html, withdrawPath);

  const eve = await portal.developer("eve");
  await pool.query("delete from applications where provider_id = $1", [provider.id]);
  expect((await eve.submit(withdrawPath)).status).toBe(303); // her own, since her sign-up
  expect(await offered(ada)).toMatchObject({ waits: true });
  const mails = (await mailsOf(portal)).length;
  await portal.newEvents();

  const answers = await Promise.all([ada.post(withdrawPath, form), ada.post(withdrawPath, form)]);
  expect(answers.find(({ status }) => status === 303)?.location).toBe("/applications?done=access-withdrawn");
  expect(answers.find(({ status }) => status === 404)?.html).toContain("There is no open request");
  expect(await offered(ada)).toEqual({ creates: false, requests: true, waits: false });
  expect(await portal.newEvents()).toEqual([]);
  const sent = (await mailsOf(portal)).slice(mails).filter(({ recipient }) => recipient === "boss@wheat.example");
  expect(sent.map(({ subject }) => subject)).toEqual([
    "Wheat & Sons: Tallow Ltd withdrew its request for access to API",
  ]);
  expect(await ada.submit(subscribePath)).toMatchObject(requested);
});

test("a request that was approved meanwhile, or whose product has applications, is not withdrawn", async ({
  portal,
  ada,
  subscribePath,
}) => {
  const withdrawPath = `${subscribePath}/withdraw`;
  await ada.submit(subscribePath);
  const form = ada.hiddenInputs((await ada.get(withdrawPath)).html, withdrawPath);
  expect((await ada.get("/applications")).html).not.toContain(withdrawPath);
  expect((await ada.post(withdrawPath, form)).status, "with an application").toBe(403);
  await portal.pool.query("delete from applications where provider_id = $1", [portal.provider.id]);
  await decide(portal, approveSubscription);
  expect((await ada.post(withdrawPath, form)).status, "approved").toBe(404);
  expect((await ada.get(withdrawPath)).status).toBe(404);
  expect(await offered(ada)).toEqual({ creates: true, requests: false, waits: false });
});

test("a product whose plan needs no approval is open, and its request leads to the new application", async ({
  portal,
  ada,
  subscribePath,
}) => {
  const form = ada.hiddenInputs((await ada.get(subscribePath)).html, subscribePath);
  await setServicePlan(portal, "approval_required = false");
  expect(await offered(ada)).toEqual({ creates: true, requests: false, waits: false });
  const opened = { status: 303, location: "/applications/new" };
  expect(await ada.get(subscribePath)).toMatchObject(opened);
  expect(await ada.post(subscribePath, form)).toMatchObject(opened);
});

test.for<readonly [what: string, change: string]>([
  [
    "has no service plan for developers",
    "update plans set state = 'hidden', is_default = false where provider_id = $1 and kind = 'service_plan'",
  ],
  ["has a suspended subscription", "update service_subscriptions set state = 'suspended' where provider_id = $1"],
  [
    "does not let developers manage applications",
    "update products set buyers_manage_apps = false where provider_id = $1",
  ],
  [
    "has no plan for new applications",
    "update plans set state = 'hidden', is_default = false where provider_id = $1 and kind = 'application_plan'",
  ],
])("a product that %s is neither open nor on request", async ([, change], { portal, ada, subscribePath }) => {
  const form = ada.hiddenInputs((await ada.get(subscribePath)).html, subscribePath);
  if (change.includes("subscriptions")) await ada.post(subscribePath, form);
  else await setServicePlan(portal, "approval_required = false");
  await portal.pool.query(change, [portal.provider.id]);
  expect(await offered(ada)).toEqual({ creates: false, requests: false, waits: false });
  expect((await ada.get(subscribePath)).status).toBe(404);
  expect((await ada.post(subscribePath, form)).status).toBe(404);
  expect((await ada.get("/applications/new")).status).toBe(403);
});

test("requests for access are limited, since each may mail every admin", async ({ portal, ada, subscribePath }) => {
  const statuses = new Set<number>();
  for (let tries = 0; tries < 11; tries += 1) {
    await portal.pool.query("delete from service_subscriptions where provider_id = $1", [portal.provider.id]);
    statuses.add((await ada.submit(subscribePath)).status);
  }
  expect([...statuses]).toEqual([303, 429]);
  expect((await mailsOf(portal)).filter(({ recipient }) => recipient === "boss@wheat.example")).toHaveLength(10);
});

test("a developer changes the plan of a subscription, if the provider shows service plans and allows direct changes", async ({
  portal,
}) => {
  const { ada, gold, path, shown } = await openSubscription(portal, "direct");
  const secret = await addPlan(portal, { kind: "service_plan", name: "Secret", state: "hidden" });
  expect((await ada.submit(path, { plan_id: String(secret) })).status).toBe(422);
  expect(await ada.submit(path, { plan_id: String(gold) })).toMatchObject({
    status: 303,
    location: "/applications?done=plan-changed",
  });
  expect(await shown()).toContain("Plan <bdi>Gold</bdi>");
  expect(await portal.newEvents()).toEqual([]);
  const audited = "select action from audit_records where provider_id = $1 and subject like 'subscription/%'";
  expect(await portal.pool.query(audited, [portal.provider.id])).toEqual([]); // it is for the provider's side
  for (const permission of ["none", "credit_card"]) {
    await setSettings(portal, `change_service_plan_permission = '${permission}'`);
    expect([permission, (await ada.get(path)).status]).toEqual([permission, 403]);
    expect(await shown()).not.toContain(path);
  }
  await setSettings(portal, "service_plans_ui_visible = false, change_service_plan_permission = 'direct'");
  expect((await ada.get(path)).status).toBe(404);
  expect(await shown()).not.toContain("Subscriptions");
  await setSettings(portal, "service_plans_ui_visible = true");
  const { pool, provider, clock } = portal;
  await pool.query("update service_subscriptions set state = 'pending' where provider_id = $1", [provider.id]);
  expect((await ada.get(path)).status, "of a pending subscription").toBe(403);
  expect(await shown()).not.toContain("Plan <bdi>Gold</bdi>");
  const eve = await portal.developer("eve");
  expect((await eve.get(path)).status).toBe(404);
  await pool.query("update service_subscriptions set state = 'live' where provider_id = $1", [provider.id]);
  await pool.query("update providers set limits = $2 where id = $1", [
    provider.id,
    { "newcomers-kib-per-provider-and-hour": 1 },
  ]);
  await clock.advance(5000);
  expect(
    (await ada.submit(path, { plan_id: String(await addPlan(portal, { kind: "service_plan", name: "Silver" })) }))
      .status,
  ).toBe(429);
  expect(await shown()).toContain("Plan <bdi>Gold</bdi>");
});

test("a requested service plan is mailed once, shown until it is decided or withdrawn, and decided by mail", async ({
  portal,
}) => {
  const { ada, gold, path, shown } = await openSubscription(portal, "request");
  const before = (await mailsOf(portal)).length;
  const request = () => ada.submit(path, { plan_id: String(gold) });
  for (const _ of ["first", "again"]) expect((await request()).location).toBe("/applications?done=plan-requested");
  expect(await shown()).toMatch(requestedPlan);
  expect((await ada.get(path)).html).toContain("You have requested Gold.");
  const { html } = await ada.get(`${path}/withdraw`);
  expect(html).toContain("The subscription to API keeps the plan");
  const form = ada.hiddenInputs(html, `${path}/withdraw`);
  expect((await ada.post(`${path}/withdraw`, form)).location).toBe("/applications?done=request-withdrawn");
  expect(await shown()).not.toMatch(requestedPlan);
  for (const gone of [await ada.post(`${path}/withdraw`, form), await ada.get(`${path}/withdraw`)])
    expect(gone.status).toBe(404);

  await request();
  const decision = { decline: declineSubscriptionPlanRequest, grant: changeSubscriptionPlan };
  await decide(portal, decision.decline);
  expect(await shown()).not.toMatch(requestedPlan);
  await request();
  await decide(portal, (pool, reference) => decision.grant(pool, { ...reference, planId: gold }));
  expect(await shown()).toContain("Plan <bdi>Gold</bdi>");
  const asked = ["boss@wheat.example", "Wheat & Sons: Tallow Ltd asks for the plan Gold"];
  const ofDeveloper = "you asked Wheat & Sons to move the subscription to API to the plan Gold.";
  const mails = (await mailsOf(portal)).slice(before);
  expect(mails.map(({ recipient, subject }) => [recipient, subject])).toEqual([
    asked,
    asked,
    ["ada@tallow.example", "Wheat & Sons: your plan stays Default"],
    asked,
    ["ada@tallow.example", "Wheat & Sons: your plan is now Gold"],
  ]);
  for (const { recipient, text } of mails) if (recipient.startsWith("ada")) expect(text).toContain(ofDeveloper);
  expect(await portal.newEvents()).toEqual([]);
});
