import { expect } from "vitest";
import { firstApplicationPath, password, signUpValues, test, updateProduct } from "./portal-test.ts";
import type { Visitor } from "./visitor.ts";

type FormValues = Readonly<Record<string, string>>;

const countHeadings = (html: string): number => html.match(/<h1[ >]/g)?.length ?? 0;

/** Returns the inputs without an accessible name. */
function unlabelledInputs(html: string): readonly string[] {
  const fields = [...html.matchAll(/<(?:input|select|textarea) (?!type="hidden")[^>]*>/g)].map(([tag]) => tag);
  return fields.filter((tag) => {
    const [, id = ""] = / id="([^"]+)"/.exec(tag) ?? [];
    return !html.includes(`<label for="${id}"`) && !tag.includes("aria-label=");
  });
}

/** Submits an invalid form and checks the page that rejects it. */
async function expectRejected(visitor: Visitor, path: string, typed: FormValues): Promise<void> {
  const { html: form } = await visitor.get(path);
  expect([path, countHeadings(form), unlabelledInputs(form)]).toEqual([path, 1, []]);
  expect([path, form]).toEqual([path, expect.stringMatching(/<title>[^<]{5,}<\/title>/)]);
  expect([path, form]).toEqual([path, expect.not.stringContaining("maxlength")]); // which cuts off a pasted text without a word

  const { status, html } = await visitor.submit(path, typed);
  expect([path, status, countHeadings(html), unlabelledInputs(html)]).toEqual([path, 422, 1, []]);
  expect([path, html]).toEqual([path, expect.stringContaining("<title>Please check: ")]);
  const errors = [...html.matchAll(/<p [^>]*id="([^"]+-error)"/g)].map(([, id = ""]) => id);
  expect([path, errors.length > 0]).toEqual([path, true]);
  // The summary must precede a long list, otherwise it is off screen.
  const [, beforeList = ""] = /<\/h1>([\s\S]*?)<(?:ul class="list|form)/.exec(html) ?? [];
  expect([path, beforeList]).toEqual([path, expect.stringContaining('role="alert"')]);
  expect([path, html.match(/ autofocus/g)?.length]).toEqual([path, 1]); // the next Tab leads to the form, not to the page's head
  for (const id of errors) {
    const field = id.replace(/-error$/, "");
    if (field !== "login") expect(beforeList).toContain(`<a href="#${field}">`);
  }
  for (const id of errors) expect(html).toMatch(new RegExp(`aria-describedby="(?:[^"]+ )?${id}"`));
  expect(html).not.toMatch(/type="password"[^>]* value="[^"]/);
  for (const [name, value] of Object.entries(typed)) {
    if (name.includes("password") || name === "plan_id" || name === "role") expect(html).not.toContain(`"${value}"`);
    else expect(html).toMatch(new RegExp(` name="${name}"[^>]* value="${value}"`));
  }
}

test("every rejected form shows a summary, an error at each field, and the submitted values except passwords", async ({
  portal,
}) => {
  const { pool, provider } = portal;
  await pool.query(
    `update products set backend_version = '2', referrer_filters_required = true, buyer_can_select_plan = true,
       buyer_plan_change_permission = 'direct'
     where provider_id = $1`,
    [provider.id],
  );
  await pool.query("update providers set change_account_plan_permission = 'direct' where id = $1", [provider.id]);
  await pool.query(
    `insert into plans (provider_id, kind, product_id, name, system_name, state)
     select $1, kind, product_id, 'Gold', 'gold', 'published' from plans where provider_id = $1`,
    [provider.id],
  );
  await pool.query(
    `insert into fields_definitions (provider_id, target, name, label, position)
     select $1, target, 'constructor', 'Constructor', 9 from unnest('{Account,User,Cinstance}'::text[]) as target`,
    [provider.id],
  );
  const ada = await portal.developer("ada");
  const application = await firstApplicationPath(ada);
  await ada.submit("/account/invitations", { email: "bob@tallow.example" });
  const invitation = await portal.mailedPath();
  const wrongPasswords = { password: "too short", password_confirmation: "other words" };

  const nobody = portal.visitor("developer");
  await expectRejected(nobody, "/signup", { ...signUpValues("x"), email: "nonsense", ...wrongPasswords });
  await expectRejected(nobody, "/login", { username: "ada", password: "a wrong one" });
  await expectRejected(nobody, "/lost-password", { email: "" });
  await expectRejected(nobody, "/activate", { email: "" });
  await expectRejected(nobody, invitation, { username: "x", email: "nonsense", ...wrongPasswords });
  expect((await nobody.submit(invitation, signUpValues("bob"))).status).toBe(303);
  const [, colleague = ""] = /\/account\/users\/(\d+)\/edit/.exec((await ada.get("/account/users")).html) ?? [];

  await ada.submit(`${application}/referrer-filters`, { value: "tallow.example" });
  const forms: readonly (readonly [path: string, typed: FormValues])[] = [
    ["/account/edit", { org_name: "" }],
    ["/account/plan", { plan_id: "another" }],
    ["/account/details", { username: "x", email: "ada.l@tallow.example", current_password: "a wrong one" }],
    ["/account/password", { current_password: "a wrong one", ...wrongPasswords }],
    ["/account/invitations", { email: "nonsense" }],
    [`/account/users/${colleague}/edit`, { username: "x", email: "bob.l@tallow.example" }],
    [`/account/users/${colleague}/role`, { role: "king" }],
    ["/applications/new", { name: "Shop", plan_id: "another" }],
    [`${application}/edit`, { name: "" }],
    [`${application}/plan`, { plan_id: "another" }],
    [`${application}/keys`, { value: "two words" }],
    [`${application}/referrer-filters`, { value: "not a host" }],
  ];
  for (const [path, typed] of forms) await expectRejected(ada, path, typed);
});

test("the server says which texts are too long, and keeps them in the form", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const application = await firstApplicationPath(ada);
  await updateProduct(portal, "backend_version = '2', referrer_filters_required = true");
  const long = "a".repeat(256);
  const forms: readonly (readonly [path: string, name: string, value: string, max: number])[] = [
    ["/signup", "org_name", long, 255],
    ["/signup", "username", "a".repeat(41), 40],
    ["/account/invitations", "email", `${long}@tallow.example`, 255],
    ["/messages/new", "subject", long, 255],
    [`${application}/keys`, "value", long, 255],
    [`${application}/referrer-filters`, "value", long, 255],
  ];
  for (const [path, name, value, max] of forms) {
    const { status, html } = await ada.submit(path, { [name]: value });
    expect([path, status]).toEqual([path, 422]);
    expect(html, path).toMatch(new RegExp(`id="${name}-error">[^<]+ is too long \\(maximum is ${max} characters\\)`));
    expect(html, path).toMatch(new RegExp(` name="${name}"[^>]* value="${value}"`));
  }
});

test("a form that reaches a limit keeps its input, and says so in words of developers", async ({ portal }) => {
  const { pool, provider } = portal;
  const ada = await portal.developer("ada");
  const setLimits = (limits: object) =>
    pool.query("update providers set limits = $2 where id = $1", [provider.id, limits]);
  await setLimits({ "applications-per-account": 1, "open-invitations-per-account": 0 });
  for (const [path, typed] of [
    ["/applications/new", { name: "Shop" }],
    ["/account/invitations", { email: "bob@tallow.example" }],
  ] as const) {
    const { status, html } = await ada.submit(path, typed);
    expect([path, status]).toEqual([path, 422]);
    expect(html).toMatch(
      /role="alert"[^>]*>This account has [^<]+ Nothing was changed\. [^<]+ ask Wheat &amp; Sons for more\./,
    );
    expect(html).not.toMatch(/-per-account|operator/);
    for (const [name, value] of Object.entries(typed))
      expect(html).toMatch(new RegExp(` name="${name}"[^>]* value="${value}"`));
  }
  await setLimits({});
  await ada.submit("/account/invitations", { email: "bob@tallow.example" });
  const invitation = await portal.mailedPath();
  await setLimits({ "users-per-account": 1 });
  const { status, html } = await ada.submit(invitation, signUpValues("bob"));
  expect([status, html]).toEqual([422, expect.stringContaining("This account has 1 user, and 1 is allowed.")]);
  expect(html).toMatch(/Nothing was changed\. Ask Wheat &amp; Sons for more\./);
  expect(html).toContain("You are logged in as ada.");
  expect(html).toMatch(/ name="username"[^>]* value="bob"/);
});

test("developers who have used up the limits of their provider are refused until the hour is over, newcomers first", async ({
  portal,
}) => {
  const { pool, provider, clock } = portal;
  const setLimits = async (limits: object): Promise<void> => {
    await pool.query("update providers set limits = $2 where id = $1", [provider.id, limits]);
    await clock.advance(5000);
  };
  const countEvents = async () => (await pool.query("select from events where provider_id = $1", [provider.id])).length;
  const [ada, bob] = [await portal.developer("ada"), await portal.developer("bob")];
  await pool.query(
    `update accounts set created_at = created_at - interval '1 day' where provider_id = $1
       and id = (select account_id from users where provider_id = $1 and username = 'ada')`,
    [provider.id],
  );
  const before = await countEvents();

  await setLimits({ "newcomers-kib-per-provider-and-hour": 1 });
  const refused = await bob.submit("/account/edit", { org_name: "Quay" });
  expect(refused).toMatchObject({ status: 429, headers: { "retry-after": "3600" } });
  expect(refused.html).toContain("Wheat &amp; Sons accepts no more changes by developers at the moment.");
  expect(refused.html).toContain("submit the form again in 60 minutes.");
  expect(refused.html).toMatch(/ name="org_name"[^>]* value="Quay"/);
  const stranger = portal.visitor("developer");
  const signUp = await stranger.submit("/signup", signUpValues("eve"));
  expect(signUp).toMatchObject({ status: 429, headers: { "retry-after": "3600" } });
  expect(signUp.html).toContain("Wheat &amp; Sons accepts no more sign-ups at the moment.");
  expect(await countEvents()).toBe(before);
  expect((await ada.submit("/account/edit", { org_name: "Shore" })).status).toBe(303);

  await setLimits({ "developers-kib-per-provider-and-hour": 1 });
  expect((await ada.submit("/account/edit", { org_name: "Quay" })).status).toBe(429);
  await setLimits({ "sign-ups-per-provider-and-hour": 2 });
  expect((await ada.submit("/account/edit", { org_name: "Quay" })).status).toBe(303);
  expect((await stranger.submit("/signup", signUpValues("eve"))).status).toBe(429);
  await clock.advance(3600_000);
  expect((await stranger.submit("/signup", signUpValues("eve"))).status).toBe(303);
});

test("a visitor's form whose cookie is gone keeps its input, unless another site sent it", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await ada.submit("/account/invitations", { email: "bob@tallow.example" });
  const invitation = await portal.mailedPath();
  const nobody = portal.visitor("developer");
  for (const [path, typed] of [
    ["/signup", { org_name: "Shore Ltd", username: "eve", email: "eve@shore.example" }],
    ["/login", { username: "ada" }],
    ["/lost-password", { email: "ada@tallow.example" }],
    ["/activate", { email: "ada@tallow.example" }],
    [invitation, { username: "bob", email: "bob.l@tallow.example" }],
  ] as const) {
    const { html } = await nobody.get(path);
    const form = { ...nobody.hiddenInputs(html, path), ...typed, password, password_confirmation: password };
    nobody.cookies.clear();
    const { status, html: again } = await nobody.post(path, form);
    expect([path, status, again]).toEqual([path, 403, expect.stringContaining("cookies are disabled")]);
    for (const [name, value] of Object.entries(typed))
      expect(again, path).toMatch(new RegExp(` name="${name}"[^>]* value="${value}"`));
    expect(again).not.toContain(password);
    const [firstValue] = Object.values(typed);
    const crossSite = await nobody.post(path, form, { "sec-fetch-site": "cross-site" });
    expect(crossSite.html).not.toContain(`"${firstValue}"`); // names of files may contain the letters

    const fresh = nobody.hiddenInputs(again, path);
    expect([path, (await nobody.post(path, { ...form, ...fresh })).status]).toEqual([path, 303]);
    nobody.cookies.clear();
  }
});

test("each key of an application and each of its links has a unique accessible name", async ({ portal }) => {
  await portal.pool.query("update products set backend_version = '2' where provider_id = $1", [portal.provider.id]);
  const ada = await portal.developer("ada");
  const application = await firstApplicationPath(ada);
  await ada.submit(`${application}/keys`, { value: "my-own-key" });

  const { html } = await ada.get(`${application}/keys`);
  const names = [...html.matchAll(/aria-label="((?:Key|Regenerate|Delete) [^"]*)"/g)].map(([, name = ""]) => name);
  expect(new Set(names).size).toBe(2 * 3);
  expect(names).toContain("Regenerate the key my-own-key");
  expect(names).toContain("Delete the key my-own-key");
});

const doubleClicks: readonly (readonly [
  string,
  (application: string) => string,
  FormValues,
  againFromNewForm: number,
])[] = [
  ["a new application", () => "/applications/new", { name: "Shop", description: "Sells" }, 303],
  ["a random key", (application) => `${application}/keys`, { value: "" }, 303],
  ["an own key", (application) => `${application}/keys`, { value: "my-own-key" }, 422],
  ["a referrer filter", (application) => `${application}/referrer-filters`, { value: "tallow.example" }, 422],
  ["an invitation", () => "/account/invitations", { email: "bob@tallow.example" }, 422],
  ["a message", () => "/messages/new", { subject: "Prices", body: "When?" }, 303],
];

test.for(doubleClicks)(
  "without scripts, a double click on the form of %s has one effect and equal responses",
  async ([, pathOf, values, againFromNewForm], { portal, clock }) => {
    await updateProduct(portal, "backend_version = '2', referrer_filters_required = true");
    const ada = await portal.developer("ada");
    const path = pathOf(await firstApplicationPath(ada));
    const countRows = async (): Promise<number> => {
      const tables = ["applications", "application_keys", "mails", "messages", "referrer_filters"].map(
        (table) => `select provider_id from ${table} where provider_id = $1`,
      );
      return (await portal.pool.query(tables.join(" union all "), [portal.provider.id])).length;
    };
    const form = { ...ada.hiddenInputs((await ada.get(path)).html, path), ...values };
    await clock.advance(1000);
    const first = await ada.post(path, form);
    const count = await countRows();

    const others = await Promise.all([ada.post(path, form), ada.post(path, form)]);

    expect(first.status).toBe(303);
    for (const other of others) expect(other).toMatchObject({ status: 303, location: first.location });
    expect(await countRows()).toBe(count);
    expect((await ada.submit(path, values)).status).toBe(againFromNewForm);
  },
);

test.for([
  ["log out a browser", "/account/sessions", /\/account\/sessions\/\w{10,}\/end/, "Already logged out"],
  ["regenerate a key", "/keys", /\/applications\/\d+\/keys\/\w+\/regenerate/, "Already replaced"],
] as const)("the second click to %s says that it is done", async ([, page, link, title], { portal }) => {
  await updateProduct(portal, "backend_version = '2'");
  const ada = await portal.developer("ada");
  await portal.visitor("developer").submit("/login", { username: "ada", password });
  const list = page === "/keys" ? `${await firstApplicationPath(ada)}/keys` : page;
  const [path = ""] = link.exec((await ada.get(list)).html) ?? [];
  const form = ada.hiddenInputs((await ada.get(path)).html, path);
  expect((await ada.post(path, form)).status).toBe(303);
  const { status, html } = await ada.post(path, form);
  expect([status, html]).toEqual([404, expect.stringContaining(`<h1>${title}</h1>`)]);
  expect(html).toContain(`<a class="button" href="${list}">`);
  expect(html).not.toContain("Nothing was changed");
});

test("without scripts, a double click mails one link of an invitation or an activation, and both clicks say so", async ({
  portal,
  clock,
}) => {
  const { pool, provider } = portal;
  const ada = await portal.developer("ada");
  await ada.submit("/account/invitations", { email: "bob@tallow.example" });
  const [, invitation] = /\/account\/invitations\/(\d+)/.exec((await ada.get("/account/invitations")).html) ?? [];
  const [bea] = await pool.query<{ id: number }>(
    `insert into users (provider_id, account_id, username, email)
     select $1, account_id, 'bea', 'bea@tallow.example' from users where provider_id = $1 and username = 'ada'
     returning id`,
    [provider.id],
  );
  const countMails = async () => (await pool.query("select from mails where provider_id = $1", [provider.id])).length;
  for (const path of [`/account/invitations/${invitation}/resend`, `/account/users/${bea?.id}/activation`]) {
    for (const _ of ["once", "and from a new form"]) {
      await clock.advance(1000);
      const form = ada.hiddenInputs((await ada.get(path)).html, path);
      await clock.advance(1000);
      const before = await countMails();
      const answers = await Promise.all([ada.post(path, form), ada.post(path, form)]);
      expect([path, await countMails()]).toEqual([path, before + 1]);
      expect(answers[0]).toMatchObject({ status: 303, location: answers[1]?.location });
    }
  }
});

test("a double click whose submissions run at once creates one application", async ({ portal, clock }) => {
  const ada = await portal.developer("ada");
  const path = "/applications/new";
  const form = { ...ada.hiddenInputs((await ada.get(path)).html, path), name: "Shop", description: "Sells" };
  await clock.advance(1000);

  const [one, other] = await Promise.all([ada.post(path, form), ada.post(path, form)]);

  expect(one).toMatchObject({ status: 303, location: other.location });
  expect((await ada.get("/applications")).html.match(/Shop/g)).toHaveLength(1);
});

test("a second click and the back button after a deletion say that the object is gone, and lead to its list", async ({
  portal,
}) => {
  await updateProduct(portal, "backend_version = '2', referrer_filters_required = true");
  const ada = await portal.developer("ada");
  const application = await firstApplicationPath(ada);
  await ada.submit("/account/invitations", { email: "bob@tallow.example" });
  await portal.visitor("developer").submit(await portal.mailedPath(), signUpValues("bob"));
  await ada.submit("/account/invitations", { email: "eve@tallow.example" });
  await ada.submit(`${application}/referrer-filters`, { value: "tallow.example" });
  await ada.submit(`${application}/keys`, { value: "my-own-key" });

  const lists = ["/account/users", "/account/invitations", `${application}/referrer-filters`, `${application}/keys`];
  for (const list of [...lists, "/applications"]) {
    const links = [...(await ada.get(list)).html.matchAll(/href="([^"]+\/delete)"/g)].map(([, href = ""]) => href);
    const path = list === "/applications" ? `${application}/delete` : (links[0] ?? "");
    const form = ada.hiddenInputs((await ada.get(path)).html, path);
    const first = await ada.post(path, form);
    const second = await ada.post(path, form);

    expect([list, first.status, first.location?.split("?", 1)[0]]).toEqual([list, 303, list]);
    expect([list, second.status]).toEqual([list, 404]);
    expect(second.html).toContain("<h1>Already deleted</h1>");
    expect(second.html).toContain(`<a class="button" href="${list}">`);
    const { status, html } = await ada.get(path); // the back button
    expect([list, status]).toEqual([list, 404]);
    expect(html).toContain("<h1>This no longer exists</h1>");
    expect(html).toContain(`<a class="button" href="${list}">`);
  }
  const form = ada.hiddenInputs((await ada.get("/account/edit")).html, "/account/edit");
  expect((await ada.post(`${application}/edit`, form)).html).toContain("<h1>This no longer exists</h1>");
  for (const path of [application, `${application}/edit`])
    expect((await ada.get(path)).html).toContain('<a class="button" href="/applications">');
  expect((await ada.get("/applications-of-old")).html).toContain("<h1>Page not found</h1>");
});
