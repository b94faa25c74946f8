import { expect } from "vitest";
import { addPlan, password, signUpValues, test } from "./portal-test.ts";

test("a sign-up creates an account, signs the developer in, and shows the application with its key", async ({
  portal,
}) => {
  const ada = portal.visitor("developer");

  const response = await ada.submit("/signup", signUpValues("ada"));

  expect(response.status).toBe(303);
  expect(response.location).toMatch(/^\/applications\/\d+\?signed_up$/);
  expect(String(response.headers["set-cookie"])).toMatch(
    /bellwire_developer=[0-9a-f]{64}; .*HttpOnly; Secure; SameSite=Lax/,
  );
  const page = await ada.get(response.location ?? "");
  expect(page.status).toBe(200);
  expect(page.html).toContain("Tallow Ltd&#39;s App");
  expect(page.html).toMatch(/id="user-key-\d+" class="key" value="[0-9a-f]{32}"/);
});

test("a sign-up is mailed to the admins who want it, with a link to the account in the Admin Portal", async ({
  portal: { pool, provider, ...portal },
}) => {
  await pool.query(
    "update provider_users set email = 'boss@wheat.example', notifications = $2 where provider_id = $1",
    [provider.id, { account_created: true }],
  );
  await portal.visitor("developer").submit("/signup", signUpValues("ada"));

  const [account] = await pool.query<{ id: number }>("select id from accounts where provider_id = $1", [provider.id]);
  const [mail] = await pool.query<{ text: string }>(
    "select text from mails where provider_id = $1 and recipient = 'boss@wheat.example'",
    [provider.id],
  );
  expect(mail?.text).toMatch(new RegExp(`\n\nhttps://\\S+/p/admin/accounts/${account?.id}\n\n`));
});

test("the events of a sign-up name the new user as the actor", async ({ portal }) => {
  await portal.visitor("developer").submit("/signup", signUpValues("ada"));

  const events = await portal.pool.query(
    `select event.type, event.actor_kind, event.channel, event.actor_user_id = (select id from users where provider_id = $1) as "byAda"
     from events event where event.provider_id = $1 order by event.sequence`,
    [portal.provider.id],
  );
  const byAda = { actorKind: "developer", channel: "developer_portal", byAda: true };
  expect(events).toEqual([
    { type: "account.created", ...byAda },
    { type: "user.created", ...byAda },
    { type: "application.created", ...byAda },
  ]);
});

test.for([
  ["org_name", "", /Organization\/Group Name can&#39;t be blank/],
  ["username", "", /Username can&#39;t be blank/],
  ["username", "a", /Username is too short/],
  ["username", "ada?", /Use only letters, numbers, and \.-_@\+ please\./],
  ["email", "nonsense", /Email .*should look like an email address/],
  ["password", "short", /Password is too short/],
  ["password_confirmation", "something else", /Password confirmation doesn&#39;t match/],
] as const)(
  "%s = %j is rejected with an error at its field, and the other values are kept",
  async ([name, value, words], { portal }) => {
    const response = await portal.visitor("developer").submit("/signup", { ...signUpValues("ada"), [name]: value });

    expect(response.status).toBe(422);
    expect(response.html).toMatch(new RegExp(`<p class="error" id="${name}-error">${words.source}`));
    expect(response.html).toMatch(
      new RegExp(`<input id="${name}" [^>]*aria-invalid="true" aria-describedby="[^"]*${name}-error"`),
    );
    if (name !== "email") expect(response.html).toContain('value="ada@tallow.example"');
    expect(response.html).not.toContain(password);
    expect(await portal.pool.query("select from accounts where provider_id = $1", [portal.provider.id])).toEqual([]);
  },
);

test("a name with a control character is rejected with an error at its field", async ({ portal }) => {
  for (const org_name of ["Tallow\u0000Ltd", "Tallow\u0007Ltd"]) {
    const response = await portal.visitor("developer").submit("/signup", { ...signUpValues("ada"), org_name });
    expect(response.status).toBe(422);
    expect(response.html).toContain('id="org_name-error"');
  }
  const response = await portal
    .visitor("developer")
    .submit("/signup", { ...signUpValues("ada"), username: "ada\u0000", email: "a\u0000@b.example" });
  expect(response.status).toBe(422);
});

test("a signed-in developer can sign up another account and is then signed in to it", async ({ portal }) => {
  const visitor = await portal.developer("ada");
  expect((await visitor.get("/signup")).html).toContain("You are logged in as ada");

  expect((await visitor.submit("/signup", { ...signUpValues("bob"), org_name: "Bran Ltd" })).status).toBe(303);

  expect((await visitor.get("/account")).html).toContain("Bran Ltd");
});

test("markup in a name is escaped", async ({ portal }) => {
  const canary = `<script>alert("x")</script>`;
  const ada = portal.visitor("developer");
  const refused = await ada.submit("/signup", { ...signUpValues("ada"), org_name: canary, password: "" });
  expect(refused.html).not.toContain("<script>alert");

  const { location = "" } = await ada.submit("/signup", { ...signUpValues("ada"), org_name: canary });
  for (const url of [location, "/account", "/applications"]) {
    const { status, html } = await ada.get(url);
    expect(status).toBe(200);
    expect(html).toContain("&lt;script&gt;alert");
    expect(html).not.toContain("<script>alert");
  }
});

test("a taken username is rejected with an error at its field", async ({ portal, clock }) => {
  await portal.visitor("developer").submit("/signup", signUpValues("ada"));
  await clock.advance(1000);

  const response = await portal.visitor("developer").submit("/signup", { ...signUpValues("ada"), username: "ADA" });

  expect(response.status).toBe(422);
  expect(response.html).toMatch(/id="username-error">Username has already been taken/);
  expect(response.html).toMatch(/id="email-error">Email has already been taken/);
});

test.for([
  ["", {}],
  [" with spaces around its names", { username: "ada ", email: " ada@example.com " }],
] as const)(
  "a double click on the sign-up form%s creates one account, with equal responses",
  async ([, names], { portal }) => {
    const ada = portal.visitor("developer");
    const { html } = await ada.get("/signup");
    const form = { ...ada.hiddenInputs(html, "/signup"), ...signUpValues("ada"), ...names };

    const responses = await Promise.all([ada.post("/signup", form), ada.post("/signup", form)]);

    expect(responses.map((response) => response.status)).toEqual([303, 303]);
    expect(responses[0]?.location).toBe(responses[1]?.location);
    expect(await portal.pool.query("select from accounts where provider_id = $1", [portal.provider.id])).toHaveLength(
      1,
    );
  },
);

test("a form older than a minute is no duplicate sign-up", async ({ portal, clock }) => {
  const eve = portal.visitor("developer");
  const form = { ...eve.hiddenInputs((await eve.get("/signup")).html, "/signup"), ...signUpValues("ada") };
  await portal.visitor("developer").submit("/signup", signUpValues("ada"));
  expect(
    (await eve.post("/signup", { ...form, password: "wrong but long", password_confirmation: "wrong but long" }))
      .status,
  ).toBe(422);
  await clock.advance(60_000);
  expect((await eve.post("/signup", form)).status).toBe(422);
});

test("with activation by mail a developer signs in only after opening the link, which signs nobody in", async ({
  portal,
}) => {
  await portal.updateProvider({ email_activation: true });
  const ada = portal.visitor("developer");

  const response = await ada.submit("/signup", signUpValues("ada"));
  expect(response).toMatchObject({ status: 303, location: "/signup/check-mail" });
  expect((await ada.get("/signup/check-mail")).html).toContain("We have sent you an email");
  expect((await ada.get("/account")).status).toBe(302);
  expect((await ada.submit("/login", { username: "ada", password })).html).toContain("confirm your email address");

  const [mail] = await portal.pool.query<{ text: string }>("select text from mails where provider_id = $1", [
    portal.provider.id,
  ]);
  const [link = ""] = /https:\/\/\S+/.exec(mail?.text ?? "") ?? [];
  const { host, pathname } = new URL(link);
  expect(host).toBe(`${portal.provider.subdomain}.bellwire.test`);
  for (const _ of ["first", "again"]) {
    expect((await ada.get(pathname)).html).toContain("Your account is active");
    expect((await ada.get("/account")).status).toBe(302);
  }
  expect((await ada.submit("/login", { username: "ada", password })).status).toBe(303);
});

test("an account that requires approval is not signed in, and a page explains why", async ({ portal }) => {
  await portal.pool.query(
    "update plans set approval_required = true where provider_id = $1 and kind = 'account_plan'",
    [portal.provider.id],
  );
  const ada = portal.visitor("developer");
  expect(await ada.submit("/signup", signUpValues("ada"))).toMatchObject({
    status: 303,
    location: "/signup/awaiting-approval",
  });
  expect((await ada.submit("/login", { username: "ada", password })).html).toContain("waiting for approval");
});

test("closed sign-ups show no form and accept none", async ({ portal }) => {
  const ada = portal.visitor("developer");
  const form = { ...ada.hiddenInputs((await ada.get("/signup")).html, "/signup"), ...signUpValues("ada") };
  await portal.updateProvider({ signups_enabled: false });

  expect((await ada.get("/signup")).status).toBe(403);
  expect((await ada.post("/signup", form)).status).toBe(403);
  expect((await ada.get("/")).html).not.toContain("/signup");
});

test.for([
  ["no hidden input and no cookie", {}, {}],
  ["a made-up token", { form_token: `1770091506789.${"A".repeat(43)}` }, {}],
] as const)("a form with %s is rejected", async ([, inputs], { portal }) => {
  const response = await portal.visitor("developer").post("/signup", { ...signUpValues("ada"), ...inputs });
  expect(response.status).toBe(403);
  expect(response.html).toContain("Nothing was changed");
});

test("a form token is valid in one browser only", async ({ portal }) => {
  const [ada, eve] = [portal.visitor("developer"), portal.visitor("developer")];
  const inputs = ada.hiddenInputs((await ada.get("/signup")).html, "/signup");
  await eve.get("/signup");
  expect((await eve.post("/signup", { ...signUpValues("eve"), ...inputs })).status).toBe(403);
});

test("sign-ups are limited per client address", async ({ portal }) => {
  const script = portal.visitor("developer", { address: "198.51.100.9" });
  const wrong = { ...signUpValues("ada"), password: "" };
  const form = { ...script.hiddenInputs((await script.get("/signup")).html, "/signup"), ...wrong };
  for (let time = 0; time < 100; time += 1) await script.post("/signup", form);

  const response = await script.post("/signup", form);

  expect(response.status).toBe(429);
  expect(response.headers["retry-after"]).toBe("600");
  expect(response.html).toContain("try again in 10 minutes");
  expect((await portal.visitor("developer").post("/signup", form)).status).not.toBe(429);
});

test("the sign-up accepts the provider's fields, except hidden ones", async ({ portal }) => {
  await portal.pool.query(
    `insert into fields_definitions (provider_id, target, name, label, required, hidden, choices, position) values
     ($1, 'Account', 'size', 'How many are you?', true, false, '{few,many}', 2),
     ($1, 'Account', 'rating', 'Rating', false, true, '{}', 3)`,
    [portal.provider.id],
  );
  const ada = portal.visitor("developer");
  const refused = await ada.submit("/signup", { ...signUpValues("ada"), size: "" });
  expect(refused.html).toMatch(/id="size-error">How many are you\? can&#39;t be blank/);
  expect(refused.html).not.toContain("Rating");

  expect((await ada.submit("/signup", { ...signUpValues("ada"), size: "many", rating: "5" })).status).toBe(303);
  expect(await portal.pool.query("select fields from accounts where provider_id = $1", [portal.provider.id])).toEqual([
    { fields: { size: "many" } },
  ]);
});

test("plans requested by a link survive a rejected form and apply to the account", async ({ portal }) => {
  const [gold, premium] = [await addPlan(portal), await addPlan(portal, { kind: "service_plan" })];
  const ada = portal.visitor("developer");
  const link = `/signup?plan_ids[]=${gold}&plan_ids=${premium}`;
  const hidden = [gold, premium].map((id) => `<input type="hidden" name="plan_ids[]" value="${id}">`).join("\n");
  const { html } = await ada.get(link);
  expect(html).toContain(hidden);

  const form = new URLSearchParams({ ...ada.hiddenInputs(html, "/signup"), ...signUpValues("ada"), org_name: "" });
  form.append("plan_ids[]", String(gold));
  const refused = await ada.postText("/signup", form.toString());
  expect(refused.status).toBe(422);
  expect(refused.html).toMatch(new RegExp(`name="plan_ids\\[\\]" value="${premium}">\\s*<.*value="${gold}">`));

  form.set("org_name", "Tallow Ltd");
  const { location = "" } = await ada.postText("/signup", form.toString());
  expect((await ada.get(location)).html).toContain("<dd><bdi>Gold</bdi></dd>");
  expect(
    await portal.pool.query("select plan_id from service_subscriptions where provider_id = $1", [portal.provider.id]),
  ).toEqual([{ planId: premium }]);
});

test("unavailable or conflicting plans are rejected with an error, and the form continues without them", async ({
  portal,
  otherPortal,
}) => {
  const hidden = await addPlan(portal, { state: "hidden" });
  const theirs = await addPlan(otherPortal);
  const premium = await addPlan(portal, { kind: "service_plan" });
  const [service] = await portal.pool.query<{ id: number }>(
    "select id from plans where provider_id = $1 and kind = 'service_plan' and is_default",
    [portal.provider.id],
  );
  for (const plans of [[hidden], [theirs], ["gold"], [premium, service?.id]]) {
    const ada = portal.visitor("developer");
    const query = plans.map((id) => `plan_ids[]=${id}`).join("&");
    const inputs = ada.hiddenInputs((await ada.get("/signup")).html, "/signup");
    const { status, html } = await ada.post(`/signup?${query}`, { ...inputs, ...signUpValues("ada") });
    expect([plans, status]).toEqual([plans, 422]);
    expect(html).toContain("The requested plans are unavailable");
    expect(html).toContain('value="ada@tallow.example"');
    expect(html).not.toContain("plan_ids");
  }
  expect(await portal.pool.query("select from accounts where provider_id = $1", [portal.provider.id])).toEqual([]);
});

test("every form with a username says which ones are accepted before one is typed", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await ada.submit("/account/invitations", { email: "bea@tallow.example" });
  for (const path of ["/signup", await portal.mailedPath(), "/account/details"]) {
    const { html } = await ada.get(path);
    expect([path, html]).toEqual([
      path,
      expect.stringMatching(/id="username-hint">3 to 40 characters: letters from a to z/),
    ]);
    expect([path, html]).toEqual([
      path,
      expect.stringMatching(/name="username"[^>]* aria-describedby="username-hint"/),
    ]);
  }
});
