import { expect } from "vitest";
import { filledIn, password, test, type PortalHouse } from "./portal-test.ts";

test("a sign-up makes an account, signs its developer in and lands on the application with its key", async ({
  house,
}) => {
  const ada = house.visitor("developer");

  const answer = await ada.submit("/signup", filledIn("ada"));

  expect(answer.status).toBe(303);
  expect(answer.location).toMatch(/^\/applications\/\d+\?signed_up$/);
  expect(String(answer.headers["set-cookie"])).toMatch(
    /bellwire_developer=[0-9a-f]{64}; .*HttpOnly; Secure; SameSite=Lax/,
  );
  const page = await ada.get(answer.location ?? "");
  expect(page.status).toBe(200);
  expect(page.html).toContain("Tallow Ltd&#39;s App");
  expect(page.html).toMatch(/id="user-key-\d+" class="key" value="[0-9a-f]{32}"/);
});

test("what happened is told in the developer's name", async ({ house }) => {
  await house.visitor("developer").submit("/signup", filledIn("ada"));

  const events = await house.pool.query(
    `select event.type, event.actor_kind, event.channel, event.actor_user_id = (select id from users where provider_id = $1) as "byAda"
     from events event where event.provider_id = $1 order by event.sequence`,
    [house.provider.id],
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
  ["password_confirmation", "something else", /Password again doesn&#39;t match/],
] as const)("%s = %j is refused beside its field, and the rest is kept", async ([name, value, words], { house }) => {
  const answer = await house.visitor("developer").submit("/signup", { ...filledIn("ada"), [name]: value });

  expect(answer.status).toBe(422);
  expect(answer.html).toMatch(new RegExp(`<p class="error" id="${name}-error">${words.source}`));
  expect(answer.html).toMatch(
    new RegExp(`<input id="${name}" [^>]*aria-invalid="true" aria-describedby="[^"]*${name}-error"`),
  );
  if (name !== "email") expect(answer.html).toContain('value="ada@tallow.example"');
  expect(answer.html).not.toContain(password);
  expect(await house.pool.query("select from accounts where provider_id = $1", [house.provider.id])).toEqual([]);
});

test("a name with a control character is refused with words, not with an error of ours", async ({ house }) => {
  for (const org_name of ["Tallow\u0000Ltd", "Tallow\u0007Ltd"]) {
    const answer = await house.visitor("developer").submit("/signup", { ...filledIn("ada"), org_name });
    expect(answer.status).toBe(422);
    expect(answer.html).toContain('id="org_name-error"');
  }
  const answer = await house
    .visitor("developer")
    .submit("/signup", { ...filledIn("ada"), username: "ada\u0000", email: "a\u0000@b.example" });
  expect(answer.status).toBe(422);
});

test("who is logged in may sign up somebody else, and is that one from then on", async ({ house }) => {
  const visitor = await house.developer("ada");
  expect((await visitor.get("/signup")).html).toContain("You are logged in as ada");

  expect((await visitor.submit("/signup", { ...filledIn("bob"), org_name: "Bran Ltd" })).status).toBe(303);

  expect((await visitor.get("/account")).html).toContain("Bran Ltd");
});

test("markup in a name is shown, never run", async ({ house }) => {
  const canary = `<script>alert("x")</script>`;
  const ada = house.visitor("developer");
  const refused = await ada.submit("/signup", { ...filledIn("ada"), org_name: canary, password: "" });
  expect(refused.html).not.toContain("<script>alert");

  const { location = "" } = await ada.submit("/signup", { ...filledIn("ada"), org_name: canary });
  for (const url of [location, "/account", "/applications"]) {
    const { status, html } = await ada.get(url);
    expect(status).toBe(200);
    expect(html).toContain("&lt;script&gt;alert");
    expect(html).not.toContain("<script>alert");
  }
});

test("a name that is taken is refused beside its field", async ({ house, clock }) => {
  await house.visitor("developer").submit("/signup", filledIn("ada"));
  await clock.advance(1000);

  const answer = await house.visitor("developer").submit("/signup", { ...filledIn("ada"), username: "ADA" });

  expect(answer.status).toBe(422);
  expect(answer.html).toMatch(/id="username-error">Username has already been taken/);
  expect(answer.html).toMatch(/id="email-error">Email has already been taken/);
});

test("a form that a double click sends twice makes one account, and both answers are the same", async ({ house }) => {
  const ada = house.visitor("developer");
  const { html } = await ada.get("/signup");
  const form = { ...ada.hiddenInputs(html, "/signup"), ...filledIn("ada") };

  const answers = await Promise.all([ada.post("/signup", form), ada.post("/signup", form)]);

  expect(answers.map((answer) => answer.status)).toEqual([303, 303]);
  expect(answers[0]?.location).toBe(answers[1]?.location);
  expect(await house.pool.query("select from accounts where provider_id = $1", [house.provider.id])).toHaveLength(1);
});

test("the form of a minute ago does not sign anybody in", async ({ house, clock }) => {
  const eve = house.visitor("developer");
  const form = { ...eve.hiddenInputs((await eve.get("/signup")).html, "/signup"), ...filledIn("ada") };
  await house.visitor("developer").submit("/signup", filledIn("ada"));
  expect(
    (await eve.post("/signup", { ...form, password: "wrong but long", password_confirmation: "wrong but long" }))
      .status,
  ).toBe(422);
  await clock.advance(60_000);
  expect((await eve.post("/signup", form)).status).toBe(422);
});

test("with activation by mail nobody is signed in before the link is opened, and the link works once", async ({
  house,
}) => {
  await house.change({ email_activation: true });
  const ada = house.visitor("developer");

  const answer = await ada.submit("/signup", filledIn("ada"));
  expect(answer).toMatchObject({ status: 303, location: "/signup/check-mail" });
  expect((await ada.get("/signup/check-mail")).html).toContain("We have sent you a mail");
  expect((await ada.get("/account")).status).toBe(302);
  expect((await ada.submit("/login", { username: "ada", password })).html).toContain("confirm your email address");

  const [mail] = await house.pool.query<{ text: string }>("select text from mails where provider_id = $1", [
    house.provider.id,
  ]);
  const [link = ""] = /https:\/\/\S+/.exec(mail?.text ?? "") ?? [];
  const { host, pathname } = new URL(link);
  expect(host).toBe(`${house.provider.subdomain}.bellwire.test`);
  expect((await ada.get(pathname)).html).toContain("Your account is active");
  expect((await ada.get(pathname)).status).toBe(404);
  expect((await ada.submit("/login", { username: "ada", password })).status).toBe(303);
});

test("an account that needs approval is not signed in, and says so", async ({ house }) => {
  await house.pool.query("update plans set approval_required = true where provider_id = $1 and kind = 'account_plan'", [
    house.provider.id,
  ]);
  const ada = house.visitor("developer");
  expect(await ada.submit("/signup", filledIn("ada"))).toMatchObject({
    status: 303,
    location: "/signup/awaiting-approval",
  });
  expect((await ada.submit("/login", { username: "ada", password })).html).toContain("waiting for approval");
});

test("while sign-ups are closed there is no form, and sending one does nothing", async ({ house }) => {
  const ada = house.visitor("developer");
  const form = { ...ada.hiddenInputs((await ada.get("/signup")).html, "/signup"), ...filledIn("ada") };
  await house.change({ signups_enabled: false });

  expect((await ada.get("/signup")).status).toBe(403);
  expect((await ada.post("/signup", form)).status).toBe(403);
  expect((await ada.get("/")).html).not.toContain("/signup");
});

test.for([
  ["no hidden input and no cookie", {}, {}],
  ["a made-up token", { form_token: `1770091506789.${"A".repeat(43)}` }, {}],
] as const)("a form with %s is refused", async ([, inputs], { house }) => {
  const answer = await house.visitor("developer").post("/signup", { ...filledIn("ada"), ...inputs });
  expect(answer.status).toBe(403);
  expect(answer.html).toContain("Nothing was changed");
});

test("a token of one browser does not open another's form", async ({ house }) => {
  const [ada, eve] = [house.visitor("developer"), house.visitor("developer")];
  const inputs = ada.hiddenInputs((await ada.get("/signup")).html, "/signup");
  await eve.get("/signup");
  expect((await eve.post("/signup", { ...filledIn("eve"), ...inputs })).status).toBe(403);
});

test("a form that another site sends is refused, whatever it holds", async ({ house }) => {
  for (const headers of [{ origin: "https://elsewhere.example" }, { "sec-fetch-site": "cross-site" }]) {
    expect((await house.visitor("developer").submit("/signup", filledIn("ada"), headers)).status).toBe(403);
  }
});

test("a script that signs up again and again from one address has to wait", async ({ house }) => {
  const script = house.visitor("developer", { address: "198.51.100.9" });
  const wrong = { ...filledIn("ada"), password: "" };
  const form = { ...script.hiddenInputs((await script.get("/signup")).html, "/signup"), ...wrong };
  for (let time = 0; time < 100; time += 1) await script.post("/signup", form);

  const answer = await script.post("/signup", form);

  expect(answer.status).toBe(429);
  expect(answer.headers["retry-after"]).toBe("600");
  expect(answer.html).toContain("try again in 10 minutes");
  expect((await house.visitor("developer").post("/signup", form)).status).not.toBe(429);
});

test("the provider's own fields are asked for and kept, and hidden ones are not taken", async ({ house }) => {
  await house.pool.query(
    `insert into fields_definitions (provider_id, target, name, label, required, hidden, choices, position) values
     ($1, 'Account', 'size', 'How many are you?', true, false, '{few,many}', 2),
     ($1, 'Account', 'rating', 'Rating', false, true, '{}', 3)`,
    [house.provider.id],
  );
  const ada = house.visitor("developer");
  const refused = await ada.submit("/signup", { ...filledIn("ada"), size: "" });
  expect(refused.html).toMatch(/id="size-error">How many are you\? can&#39;t be blank/);
  expect(refused.html).not.toContain("Rating");

  expect((await ada.submit("/signup", { ...filledIn("ada"), size: "many", rating: "5" })).status).toBe(303);
  expect(await house.pool.query("select fields from accounts where provider_id = $1", [house.provider.id])).toEqual([
    { fields: { size: "many" } },
  ]);
});

async function addPlan(house: PortalHouse, kind: "application_plan" | "service_plan", state: string): Promise<number> {
  const [plan] = await house.pool.query<{ id: number }>(
    `insert into plans (provider_id, kind, product_id, name, system_name, state)
     select $1, $2, id, 'Gold', 'gold', $3 from products where provider_id = $1
     returning id`,
    [house.provider.id, kind, state],
  );
  return plan?.id ?? 0;
}

test("the plans that a link asks for stay in the form while it is refused, and are had in the end", async ({
  house,
}) => {
  const [gold, premium] = [
    await addPlan(house, "application_plan", "published"),
    await addPlan(house, "service_plan", "published"),
  ];
  const ada = house.visitor("developer");
  const link = `/signup?plan_ids[]=${gold}&plan_ids=${premium}`;
  const hidden = [gold, premium].map((id) => `<input type="hidden" name="plan_ids[]" value="${id}">`).join("\n");
  const { html } = await ada.get(link);
  expect(html).toContain(hidden);

  const form = new URLSearchParams({ ...ada.hiddenInputs(html, "/signup"), ...filledIn("ada"), org_name: "" });
  form.append("plan_ids[]", String(gold));
  const refused = await ada.postText("/signup", form.toString());
  expect(refused.status).toBe(422);
  expect(refused.html).toMatch(new RegExp(`name="plan_ids\\[\\]" value="${premium}">\\s*<.*value="${gold}">`));

  form.set("org_name", "Tallow Ltd");
  const { location = "" } = await ada.postText("/signup", form.toString());
  expect((await ada.get(location)).html).toContain("<dd>Gold</dd>");
  expect(
    await house.pool.query("select plan_id from service_subscriptions where provider_id = $1", [house.provider.id]),
  ).toEqual([{ planId: premium }]);
});

test("plans that are not to be had, or not together, are refused in words, and the form goes on without", async ({
  house,
  neighbour,
}) => {
  const hidden = await addPlan(house, "application_plan", "hidden");
  const theirs = await addPlan(neighbour, "application_plan", "published");
  const premium = await addPlan(house, "service_plan", "published");
  const [service] = await house.pool.query<{ id: number }>(
    "select id from plans where provider_id = $1 and kind = 'service_plan' and is_default",
    [house.provider.id],
  );
  for (const wanted of [[hidden], [theirs], ["gold"], [premium, service?.id]]) {
    const ada = house.visitor("developer");
    const query = wanted.map((id) => `plan_ids[]=${id}`).join("&");
    const inputs = ada.hiddenInputs((await ada.get("/signup")).html, "/signup");
    const { status, html } = await ada.post(`/signup?${query}`, { ...inputs, ...filledIn("ada") });
    expect([wanted, status]).toEqual([wanted, 422]);
    expect(html).toContain("You came for plans that are not to be had");
    expect(html).toContain('value="ada@tallow.example"');
    expect(html).not.toContain("plan_ids");
  }
  expect(await house.pool.query("select from accounts where provider_id = $1", [house.provider.id])).toEqual([]);
});
