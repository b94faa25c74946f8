import { expect } from "vitest";
import { addPlan, firstApplicationPath, test, updateProduct } from "./portal-test.ts";

const byAda = "by developer ada in developer_portal";

test("developers choose among published plans, if the product allows it", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const [gold, secret] = [await addPlan(portal), await addPlan(portal, { name: "Secret", state: "hidden" })];
  expect((await ada.get("/applications/new")).html).not.toContain("Gold");

  await updateProduct(portal, "buyer_can_select_plan = true");
  const { html } = await ada.get("/applications/new");
  expect(html).toContain("API: Gold");
  expect(html).not.toContain("Secret");
  const refused = await ada.submit("/applications/new", { name: "Shop", plan_id: String(secret) });
  expect(refused.status).toBe(422);
  expect(refused.html).toMatch(/id="plan_id-error">Plan must be one of the options/);
  const { location = "" } = await ada.submit("/applications/new", { name: "Shop", plan_id: String(gold) });
  expect((await ada.get(location)).html).toContain("<dd><bdi>Gold</bdi></dd>");
});

test("developers change an application's plan only if the product allows direct changes", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const path = await firstApplicationPath(ada);
  const [gold, secret] = [await addPlan(portal), await addPlan(portal, { name: "Secret", state: "hidden" })];
  await portal.newEvents();
  for (const permission of ["none", "credit_card"]) {
    await updateProduct(portal, `buyer_plan_change_permission = '${permission}'`);
    expect((await ada.get(`${path}/plan`)).status, permission).toBe(403);
    expect((await ada.get(path)).html, permission).not.toContain(`${path}/plan`);
  }
  await updateProduct(portal, "buyer_plan_change_permission = 'direct'");
  expect((await ada.submit(`${path}/plan`, { plan_id: String(secret) })).status).toBe(422);
  expect(await ada.submit(`${path}/plan`, { plan_id: String(gold) })).toMatchObject({
    status: 303,
    location: `${path}?done=plan-changed`,
  });
  expect((await ada.get(path)).html).toContain("<dd><bdi>Gold</bdi></dd>");
  expect(await portal.newEvents()).toEqual([`application.plan_changed ${byAda}`]);
});

test("a plan that is chosen twice, or was granted meanwhile, is changed rather than no option", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const path = await firstApplicationPath(ada);
  const gold = await addPlan(portal);
  for (const permission of ["direct", "request"]) {
    await updateProduct(portal, `buyer_plan_change_permission = '${permission}'`);
    const changed = { status: 303, location: `${path}?done=plan-changed` };
    expect(await ada.submit(`${path}/plan`, { plan_id: String(gold) })).toMatchObject(changed);
    expect(await ada.submit(`${path}/plan`, { plan_id: String(gold) })).toMatchObject(changed);
  }
  expect((await ada.get(path)).html).not.toContain("You have requested");
});

test("a plan change request is stored, and mailed to the provider's admins", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const path = await firstApplicationPath(ada);
  const gold = await addPlan(portal);
  await portal.pool.query("update provider_users set email = 'boss@wheat.example' where provider_id = $1", [
    portal.provider.id,
  ]);
  await portal.newEvents();
  for (const permission of ["request", "request_credit_card"]) {
    await updateProduct(portal, `buyer_plan_change_permission = '${permission}'`);
    expect((await ada.get(path)).html).toContain("Request another plan");
    expect(await ada.submit(`${path}/plan`, { plan_id: String(gold) })).toMatchObject({
      status: 303,
      location: `${path}?done=plan-requested`,
    });
  }
  expect(await portal.mailedPath()).toMatch(new RegExp(`^/p/admin/accounts/\\d+${path}\\?request=plan$`));
  expect((await ada.get(path)).html).toMatch(/You have requested (?:<bdi>)?Gold/);
  expect((await ada.get(`${path}/plan`)).html).toMatch(/You have requested (?:<bdi>)?Gold/);
  expect(await portal.newEvents()).toEqual([]);

  await updateProduct(portal, "buyer_plan_change_permission = 'direct'");
  await ada.submit(`${path}/plan`, { plan_id: String(gold) });
  expect((await ada.get(path)).html).not.toContain("You have requested");
});

test("the form says that another request replaces an open one, which it does not offer again", async ({ portal }) => {
  await updateProduct(portal, "buyer_plan_change_permission = 'request'");
  const ada = await portal.developer("ada");
  const path = await firstApplicationPath(ada);
  const gold = await addPlan(portal);
  const silver = await addPlan(portal, { name: "Silver" });
  expect((await ada.get(`${path}/plan`)).html).not.toMatch(/replaces|withdraw/i);
  await ada.submit(`${path}/plan`, { plan_id: String(gold) });

  const { html } = await ada.get(`${path}/plan`);
  expect(html).toContain("You have requested Gold. Another request replaces this one.");
  expect(html).toContain(`<a href="${path}/plan/withdraw">Withdraw the request for Gold</a>`);
  expect(html).not.toContain(`<option value="${gold}"`);
  expect(html).toContain(`<option value="${silver}"`);
  expect((await ada.submit(`${path}/plan`, { plan_id: String(gold) })).status).toBe(303); // a double click without scripts

  await portal.pool.query("update plans set state = 'hidden' where provider_id = $1 and id = $2", [
    portal.provider.id,
    silver,
  ]);
  const { html: nothingElse } = await ada.get(`${path}/plan`);
  expect(nothingElse).toContain("You have requested Gold. There is no other plan.");
  expect(nothingElse).toContain("Withdraw the request for Gold");
  expect(nothingElse).not.toMatch(/replaces|Request plan</);
});

test("the plan forms show the terms of each plan and whether it needs approval", async ({ portal }) => {
  await updateProduct(portal, "buyer_plan_change_permission = 'request'");
  const ada = await portal.developer("ada");
  const path = await firstApplicationPath(ada);
  await portal.pool.query(
    "update plans set cost_per_month = 10, approval_required = true where provider_id = $1 and kind = 'application_plan'",
    [portal.provider.id],
  );
  expect((await ada.get("/applications/new")).html).toMatch(/plan [^(<]* \(10 per month, needs approval\)\./);

  const gold = await addPlan(portal);
  await portal.pool.query(
    "update plans set cost_per_month = 1234.5, setup_fee = 20, trial_period_days = 30 where provider_id = $1 and id = $2",
    [portal.provider.id, gold],
  );
  const { html } = await ada.get(`${path}/plan`);
  expect(html).toMatch(/is on the plan [^(<]* \(10 per month\)\./);
  expect(html).toContain("<li>Gold (1,234.5 per month, 20 setup fee, 30 trial days)</li>");

  await updateProduct(portal, "buyer_can_select_plan = true");
  const { html: choice } = await ada.get("/applications/new");
  expect(choice).toMatch(/<li>API: [^(<]* \(10 per month, needs approval\)<\/li>/);
  expect(choice).toContain("<li>API: Gold (1,234.5 per month, 20 setup fee, 30 trial days)</li>");
});

test("an undecided plan change request can be withdrawn after a confirmation", async ({ portal }) => {
  await updateProduct(portal, "buyer_plan_change_permission = 'request'");
  const ada = await portal.developer("ada");
  const path = await firstApplicationPath(ada);
  const gold = await addPlan(portal);
  expect((await ada.get(`${path}/plan/withdraw`)).status).toBe(404);
  await ada.submit(`${path}/plan`, { plan_id: String(gold) });
  await portal.newEvents();

  expect((await ada.get(path)).html).toContain(`href="${path}/plan/withdraw"`);
  const { html } = await ada.get(`${path}/plan/withdraw`);
  expect(html).toContain("Withdraw the request for Gold?");
  expect((await ada.submit(`${path}/plan/withdraw`)).location).toBe(`${path}?done=request-withdrawn`);

  expect((await ada.get(path)).html).not.toContain("You have requested");
  const form = ada.hiddenInputs(html, `${path}/plan/withdraw`);
  for (const gone of [await ada.post(`${path}/plan/withdraw`, form), await ada.get(`${path}/plan/withdraw`)]) {
    expect(gone.status).toBe(404);
    expect(gone.html).toContain("It was withdrawn or decided");
    expect(gone.html).toContain(`href="${path}"`);
  }
  expect(await portal.newEvents()).toEqual([]);
});

test("repeated plan change requests are limited, and an unchanged one sends no second mail", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const path = await firstApplicationPath(ada);
  const plans = [await addPlan(portal), await addPlan(portal, { name: "Silver" })];
  const setAdminEmail = "update provider_users set email = 'boss@wheat.example' where provider_id = $1";
  await portal.pool.query(setAdminEmail, [portal.provider.id]);
  const requestPlan = async (time: number): Promise<number> =>
    (await ada.submit(`${path}/plan`, { plan_id: String(plans[time % 2]) })).status;
  const mails = async (): Promise<number> =>
    (await portal.pool.query("select from mails where provider_id = $1", [portal.provider.id])).length;

  expect([await requestPlan(0), await requestPlan(0)]).toEqual([303, 303]);
  expect(await mails()).toBe(1);
  for (let time = 1; time <= 8; time += 1) expect(await requestPlan(time)).toBe(303);
  expect(await requestPlan(9)).toBe(429);
  expect(await mails()).toBe(9);
});

test("no form has more than a page of plans, and one of the second page or of a search can be chosen", async ({
  portal,
}) => {
  const ada = await portal.developer("ada");
  const path = await firstApplicationPath(ada);
  await updateProduct(portal, "buyer_can_select_plan = true, buyer_plan_change_permission = 'direct'");
  await portal.pool.query(
    `insert into plans (provider_id, kind, product_id, name, system_name, state, cost_per_month)
     select provider_id, 'application_plan', id, 'Tier <' || n || '>', 'tier_' || n, 'published', n
     from products, generate_series(1, 250) as n where provider_id = $1`,
    [portal.provider.id],
  );
  const show = async (url: string) => {
    const { html } = await ada.get(url);
    return { html, options: [...html.matchAll(/<option value="(\d+)"/g)].map(([, id = ""]) => id) };
  };
  for (const form of ["/applications/new", `${path}/plan`]) {
    const pages = await Promise.all([1, 2, 3].map((page) => show(`${form}?page=${page}`)));
    const [first, second] = pages;
    expect(pages.map(({ options }) => options.length)).toEqual([100, 100, form === "/applications/new" ? 51 : 50]);
    expect(new Set(pages.flatMap(({ options }) => options)).size).toBeGreaterThanOrEqual(250);
    expect(first?.html.match(/per month/g)?.length).toBeLessThanOrEqual(100);
    expect(first?.html).toContain(`formaction="${form}?page=2">Next page</button>`);
    expect(second?.html).toMatch(/<title>[^<]*, Page 2 of 3 \|/);

    const [, chosen = ""] = second?.options ?? [];
    const found = await show(`${form}?q=tier+%3C250`);
    expect(found.options).toHaveLength(1);
    const none = await show(`${form}?q=platinum`);
    expect(none.html).toMatch(/0 of 25\d plans/);
    expect(none.html).not.toContain("<select");
    expect(none.html).not.toMatch(/<button class="button" type="submit">/);

    // The form is sent to the address of its page, which it shows again with the choice.
    const [, action = ""] = /<form class="card" action="([^"]*)"/.exec(second?.html ?? "") ?? [];
    expect(action).toBe(`${form}?page=2`);
    const hidden = ada.hiddenInputs(second?.html ?? "", form);
    if (form === "/applications/new") {
      const refused = await ada.post(action, { ...hidden, name: "x".repeat(300), plan_id: chosen });
      expect(refused.status).toBe(422);
      expect(refused.html).toContain(`<option value="${chosen}" selected>`);
    }
    const { location = "" } = await ada.post(action, { ...hidden, name: "Shop", plan_id: chosen });
    expect((await ada.get(location)).html).toMatch(/<dd><bdi>Tier &lt;\d+&gt;<\/bdi><\/dd>/);
  }
});

test("more than ten plans leave the choice near its label, with what they offer in a part that opens", async ({
  portal,
}) => {
  const ada = await portal.developer("ada");
  await updateProduct(portal, "buyer_can_select_plan = true");
  const add = (from: number, to: number) =>
    portal.pool.query(
      `insert into plans (provider_id, kind, product_id, name, system_name, state, cost_per_month)
       select provider_id, 'application_plan', id, 'Tier ' || n, 'tier_' || n, 'published', n
       from products, generate_series($2::integer, $3) as n where provider_id = $1`,
      [portal.provider.id, from, to],
    );
  await add(1, 10);
  const { html: few } = await ada.get("/applications/new");
  expect(few).not.toContain("<details");
  expect(few).toMatch(/<select id="plan_id"[^>]* aria-describedby="plan_id-hint"/);
  await add(11, 11);
  const { html } = await ada.get("/applications/new");
  expect(html).toMatch(
    /<details class="long">\s*<summary>Costs and features of the plans<\/summary>\s*<ul class="hint">/,
  );
  expect(html).toMatch(/<select id="plan_id" name="plan_id" required>/);
});

test("searching and turning the pages of a form's plans keep the other fields, with Enter, too", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await updateProduct(portal, "buyer_can_select_plan = true");
  await portal.pool.query(
    `insert into plans (provider_id, kind, product_id, name, system_name, state)
     select provider_id, 'application_plan', id, 'Tier ' || n, 'tier_' || n, 'published'
     from products, generate_series(1, 250) as n where provider_id = $1`,
    [portal.provider.id],
  );
  const form = "/applications/new";
  const { html } = await ada.get(form);
  const typed = { ...ada.hiddenInputs(html, form), name: "Shop <1>", description: "Sells candles" };
  const press = async (url: string, button: string, fields: Record<string, string> = {}) => {
    const page = await ada.post(url, { ...typed, ...(button && { "form.list": button }), ...fields });
    const [, plans] = /(?:<p class="aside">)([^<.]* plans)/.exec(page.html) ?? [];
    return {
      ...page,
      plans,
      kept: page.html.includes('value="Shop &lt;1&gt;"') && page.html.includes("Sells candles</t"),
    };
  };

  const found = await press(form, "search", { "form.search": "tier 17" });
  expect(found).toMatchObject({ status: 200, plans: "13 of 251 plans", kept: true });
  expect(found.html).toContain(`action="${form}?q=tier+17&amp;page=1"`);
  const second = await press(`${form}?page=2`, "page", { "form.search": "" });
  expect(second).toMatchObject({ status: 200, plans: "251 plans", kept: true });
  expect(second.html).toContain("Page 2 of 3");
  expect(await press(form, "all", { "form.search": "tier 17" })).toMatchObject({ plans: "251 plans", kept: true });
  expect(await press(form, "search", { "form.search": "x" })).toMatchObject({ plans: "0 of 251 plans", kept: true });

  // Enter presses the first button of a form.
  expect(html.slice(html.indexOf('<form class="card"'))).toMatch(/^[^]*?<button [^>]*name="form.list" value="enter"/);
  const words = { "form.search": "tier 17" };
  expect(await press(form, "enter", words)).toMatchObject({ status: 200, plans: "13 of 251 plans", kept: true });
  const [, chosen = ""] = /<option value="(\d+)"[^>]*>API: Tier 17</.exec(found.html) ?? [];
  expect(await press(`${form}?q=tier+17&page=1`, "enter", { ...words, plan_id: chosen })).toMatchObject({
    status: 303,
  });
  expect(await press(form, "", { ...words, plan_id: chosen })).toMatchObject({ status: 303 });
});
