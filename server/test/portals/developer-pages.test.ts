import { expect } from "vitest";
import {
  addPlan,
  firstApplicationPath,
  password,
  type PortalFixture,
  signUpValues,
  test,
  updateProduct,
} from "./portal-test.ts";
import type { Visitor } from "./visitor.ts";

test("the account page shows the organization, the signed-in user, and the application with its key", async ({
  portal,
}) => {
  const ada = await portal.developer("ada");
  const { status, html } = await ada.get("/account");
  expect(status).toBe(200);
  for (const words of ["Tallow Ltd", "Approved", "ada@tallow.example", "Tallow Ltd&#39;s App", "API key", "Basic"]) {
    expect(html).toContain(words);
  }
});

test("the home page of a signed-in developer links to applications and account instead of the sign-up", async ({
  portal,
}) => {
  const signUp = /<h2>Sign up<|>Sign up, and/;
  expect((await portal.visitor("developer").get("/")).html).toMatch(signUp);
  const ada = await portal.developer("ada");
  const { html } = await ada.get("/");
  expect(html).not.toMatch(signUp);
  expect(html).toContain("You are logged in as ada of <bdi>Tallow Ltd</bdi>.");
  expect(html).toContain('<a class="button" href="/applications">');
  expect(html).toContain('<a class="button quiet" href="/account">');
});

test("a page's title ends with the provider's name", async ({ portal }) => {
  const ada = await portal.developer("ada");
  expect((await ada.get("/account")).html).toContain("<title>My account | Wheat &amp; Sons</title>");
  expect((await ada.get("/")).html).toContain("<title>Wheat &amp; Sons for developers</title>");
});

test("names from right to left are isolated, so they reorder neither the words nor the signs beside them", async ({
  portal,
}) => {
  const name = "\u05d0\u05d1\u05d2 (24)";
  const ada = await portal.developer("ada");
  const application = await firstApplicationPath(ada);
  await updateProduct(portal, "buyer_can_select_plan = true, backend_version = '2', referrer_filters_required = true");
  await portal.updateProvider({ name });
  for (const table of ["accounts set org_name", "applications set name", "plans set name", "products set name"])
    await portal.pool.query(`update ${table} = $2 where provider_id = $1`, [portal.provider.id, name]);
  await addPlan(portal, { name: `${name} 2` });
  await addAccountPlan(portal, `${name} 3`);
  await ada.submit("/account/invitations", { email: "bob@tallow.example" });
  await ada.submit(`${application}/keys`, { value: "" });
  const [ofKey = ""] = /\/keys\/[0-9a-f]+/.exec((await ada.get(`${application}/keys`)).html) ?? [];
  const endings = [
    "",
    "/edit",
    "/plan",
    "/keys",
    "/referrer-filters",
    "/delete",
    `${ofKey}/delete`,
    `${ofKey}/regenerate`,
  ];
  const ofApplication = endings.map((end) => application + end);
  const ofAccount = ["", "/edit", "/plan", "/users", "/invitations"].map((end) => `/account${end}`);
  const ofVisitor = ["/", "/signup", "/login", await portal.mailedPath()];
  const isolated =
    /<bdi>[^<]*<\/bdi>|\u2068[^\u2069]*\u2069| value="[^"]*"|dir="auto">[^<]*|<span class="mark".*?<\/span>/g;
  for (const path of [...ofApplication, ...ofAccount, "/applications", "/applications/new", ...ofVisitor]) {
    const { status, html } = await (ofVisitor.includes(path) ? portal.visitor("developer") : ada).get(path);
    expect([path, status]).toEqual([path, 200]);
    const [others = ""] = /.*[\u05d0-\u05ea].*/.exec(html.replaceAll(isolated, "")) ?? [];
    expect([path, others]).toEqual([path, ""]);
  }
});

/** Adds an account plan that developers may choose. */
async function addAccountPlan({ pool, provider }: PortalFixture, name: string): Promise<void> {
  await pool.query("update providers set change_account_plan_permission = 'direct' where id = $1", [provider.id]);
  await pool.query(
    `insert into plans (provider_id, kind, name, system_name, state) values ($1, 'account_plan', $2, 'other', 'published')`,
    [provider.id, name],
  );
}

test("another account's application and invalid ids respond 404", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const bob = await portal.developer("bob");
  const [, id] = /href="\/applications\/(\d+)"/.exec((await bob.get("/applications")).html) ?? [];
  expect((await bob.get(`/applications/${id}`)).status).toBe(200);
  for (const other of [id, "0", "-1", "1e3", "99999999999999999999", "x", "%00"]) {
    expect((await ada.get(`/applications/${other}`)).status, other).toBe(404);
  }
});

test("the admin host names the Admin Portal at paths without a page, as at pages of developers", async ({ portal }) => {
  const boss = portal.visitor("admin");
  for (const url of ["/nowhere", "/account", "/applications/1"]) {
    const { status, html } = await boss.get(url);
    expect([url, status, html]).toEqual([url, 404, "Page not found. The Admin Portal is at /p/admin.\n"]);
  }
});

test("a path with repeated slashes at its start is redirected, since browsers would send its form to another host", async ({
  portal,
}) => {
  const ada = await portal.developer("ada");
  for (const path of ["/account/edit", "/login", "/account/password?done=saved", "/users.example/..//signup", "/"]) {
    const { status, location, html } = await ada.get(`//${path}`);
    expect(html, path).not.toMatch(/(?:action|href)="\/\//);
    if (!path.includes("..")) expect([path, status, location]).toEqual([path, 308, path]);
  }
  const form = ada.hiddenInputs((await ada.get("/account/edit")).html, "/account/edit");
  expect(await ada.post("//account/edit", form)).toMatchObject({ status: 308, location: "/account/edit" });
});

test("missing pages and the sign-up form show that the developer is signed in", async ({ portal }) => {
  const [ada, nobody] = [await portal.developer("ada"), portal.visitor("developer")];
  for (const url of ["/nowhere", "/account/users/0/edit", "/signup"]) {
    const { html } = await ada.get(url);
    expect(html, url).toContain("Log out");
    expect(html, url).not.toContain(`href="/login"`);
  }
  expect((await nobody.get("/nowhere")).html).toContain(`href="/login"`);
});

test("a form of an earlier session is refused on a page that shows that the developer is signed in", async ({
  portal,
}) => {
  const ada = await portal.developer("ada");
  for (const path of ["/logout", "/account/edit"]) {
    const { status, html } = await ada.post(path, { form_token: "of an earlier session" });
    expect([path, status]).toEqual([path, 403]);
    expect(html, path).toContain("Log out");
  }
});

test("a form that was opened before a login in another tab keeps its input", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const form = ada.hiddenInputs((await ada.get("/account/edit")).html, "/account/edit");
  ada.cookies.delete("bellwire_developer");
  await ada.submit("/login", { username: "ada", password });
  await portal.newEvents();

  const { status, html } = await ada.post("/account/edit", { ...form, org_name: "Tallow Works" });

  expect(status).toBe(200);
  expect(html).toMatch(/<p class="notice" role="status">[^<]*so nothing was changed. Check it, and submit it again\./);
  expect(html).toMatch(/ name="org_name"[^>]* value="Tallow Works"/);
  expect(await portal.newEvents()).toEqual([]);
  const again = { ...ada.hiddenInputs(html, "/account/edit"), org_name: "Tallow Works" };
  expect((await ada.post("/account/edit", again)).status).toBe(303);
  // Another site must not fill in the form.
  expect((await ada.post("/account/edit", form, { "sec-fetch-site": "cross-site" })).status).toBe(403);
});

test("a page that was shown to another user changes nothing, and says who is logged in now", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const page = (await ada.get("/account/edit")).html;
  const bob = await portal.developer("bob");
  ada.cookies.set("bellwire_developer", bob.cookies.get("bellwire_developer") ?? "");
  await portal.newEvents();
  for (const path of ["/account/edit", "/logout"]) {
    const { status, html } = await ada.post(path, { ...ada.hiddenInputs(page, path), org_name: "Tallow Works" });
    expect([path, status]).toEqual([path, 403]);
    expect(html).toContain("This page was shown to another user. Now bob is logged in in this browser.");
  }
  expect(await portal.newEvents()).toEqual([]);
  expect((await bob.get("/account")).status).toBe(200);
});

test("a form that another site submits without a session leads to a login that says that nothing was changed", async ({
  portal,
}) => {
  const nobody = portal.visitor("developer");
  const form = { org_name: "Tallow & Sons", "form.shown_to": "1" };
  const { location = "" } = await nobody.post("/account/edit", form, { "sec-fetch-site": "cross-site" });
  expect(location).toMatch(/^\/login\?return_to=%2Faccount%2Fedit&/);
  expect((await nobody.get(location)).html).toContain("so nothing was changed");
});

const interruptedForms: readonly (readonly [path: string, typed: Readonly<Record<string, string>>])[] = [
  ["/applications/new", { name: "Shop", description: "Sells candles" }],
  ["/account/edit", { org_name: "Tallow Works" }],
  ["/account/invitations", { email: "eve@tallow.example" }],
  ["/messages/new", { subject: "New prices", body: "When do they change?" }],
  ["/account/details", { username: "ada2", email: "ada@works.example", current_password: password }],
];

test("a form whose session has ended keeps its input, but no password, while its user logs in again", async ({
  portal,
}) => {
  const ada = await portal.developer("ada");
  await portal.developer("bob");
  await portal.newEvents();
  for (const [path, typed] of interruptedForms) {
    const form = { ...ada.hiddenInputs((await ada.get(path)).html, path), ...typed };
    ada.cookies.delete("bellwire_developer");

    const login = await ada.post(path, form);
    expect([path, login.status]).toEqual([path, 403]);
    expect(login.html).toContain("Your session has ended, so nothing was changed.");
    expect(login.html).not.toContain(password);
    const kept = ada.hiddenInputs(login.html, path);
    const wrong = await ada.post(path, { ...kept, username: "ada", password: "wrong" });
    expect([path, wrong.status]).toEqual([path, 422]);
    const asBob = { ...ada.hiddenInputs(wrong.html, path), username: "bob", password };
    const bobs = await ada.post(path, asBob);
    expect(bobs).toMatchObject({ status: 303, location: path });
    const { status, html } = await ada.post(path, { ...asBob, username: "ada" });

    expect([path, status]).toEqual([path, 200]);
    expect(html).toMatch(/<p class="notice" role="status">[^<]*Nothing has been changed yet/);
    for (const [name, value] of Object.entries(typed)) {
      if (name === "current_password") expect(html).not.toContain(value);
      else expect(html, path).toMatch(new RegExp(` name="${name}"[^>]*(?: value="|>\n)${value}`));
    }
    const again = await ada.post(path, { ...ada.hiddenInputs(html, path), ...typed });
    expect([path, again.status]).toEqual([path, 303]);
  }
  expect(await portal.newEvents()).toHaveLength(3); // an invitation is no event
});

test("an admin who is demoted, or whose account is suspended, while filling in a form gets the reason and the input", async ({
  portal,
}) => {
  const ada = await portal.developer("ada");
  const { pool, provider } = portal;
  const typed = { org_name: "Tallow Works", current_password: password };
  const form = { ...ada.hiddenInputs((await ada.get("/account/edit")).html, "/account/edit"), ...typed };
  const keptInput = /<details [^>]*>\s*<summary>Your input<\/summary>[\s\S]*Tallow Works[\s\S]*<\/details>/;

  await pool.query("update users set role = 'member' where provider_id = $1", [provider.id]);
  const demoted = await ada.post("/account/edit", form);
  expect([demoted.status, demoted.html]).toEqual([403, expect.stringContaining("Ask one of its admins to do this.")]);
  expect(demoted.html).toMatch(keptInput);
  expect(demoted.html).not.toContain(password);
  expect((await ada.get("/account/edit")).html).not.toContain("Your input");

  await pool.query("update users set role = 'admin' where provider_id = $1", [provider.id]);
  await pool.query("update accounts set state = 'suspended' where provider_id = $1", [provider.id]);
  const logIn = await ada.post("/account/edit", form);
  expect([logIn.status, logIn.html]).toEqual([403, expect.stringMatching(keptInput)]);
  const kept = ada.hiddenInputs(logIn.html, "/account/edit");
  const suspended = await ada.post("/account/edit", { ...kept, username: "ada", password });
  expect([suspended.status, suspended.html]).toEqual([422, expect.stringContaining("Your account is suspended.")]);
  expect(suspended.html).toMatch(keptInput);
  expect(suspended.html).not.toContain("your form is here again");
  expect(suspended.html).not.toContain(password);
});

test("the first character of a provider's name is shown whole", async ({ portal }) => {
  await portal.updateProvider({ name: "🚢 Ships" });
  expect((await portal.visitor("developer").get("/")).html).toContain(`aria-hidden="true">🚢</span>`);
});

test("every page forbids foreign scripts and styles, frames and caching", async ({ portal }) => {
  const ada = await portal.developer("ada");
  for (const url of ["/", "/account", "/applications", "/nowhere", "/activate/nonsense"]) {
    const { headers, html } = await ada.get(url);
    expect(headers["content-security-policy"]).toMatch(
      /default-src 'none'; script-src 'self'; style-src 'self'.*frame-ancestors 'none'/,
    );
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": "same-origin",
      "cache-control": "no-store",
    });
    expect(html).not.toMatch(/<script(?! src)|<style|style="|onclick/);
  }
});

test("assets are cached indefinitely under names with a content digest", async ({ portal }) => {
  const visitor = portal.visitor("developer");
  const { html } = await visitor.get("/");
  const files = [...html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path = ""]) => path);
  expect(files).toHaveLength(3);
  for (const path of files) {
    expect(path).toMatch(/\.[0-9a-f]{12}\.(?:css|js|svg)$/);
    const { status, headers } = await visitor.get(path);
    expect(status).toBe(200);
    expect(headers["cache-control"]).toContain("immutable");
  }
});

test("the admin host has none of these pages and redirects / to the Admin Portal", async ({ portal }) => {
  const boss = portal.visitor("admin");
  for (const url of ["/signup", "/login", "/account", "/applications", "/nowhere"]) {
    expect((await boss.get(url)).status, url).toBe(404);
  }
  expect(await boss.get("/")).toMatchObject({ status: 302, location: "/p/admin" });
});

test("a suspended provider's portal responds 403", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await portal.updateProvider({ state: "suspended" });
  for (const url of ["/", "/signup", "/account"]) expect((await ada.get(url)).status).toBe(403);
});

test("a request that is not a form is rejected with a page", async ({ portal }) => {
  const visitor = portal.visitor("developer");
  const json = await visitor.post("/login", {}, { "content-type": "application/xml" });
  expect(json.status).toBe(415);
  expect(json.html).toContain("The request failed");
  expect((await visitor.post("/login", { username: "x".repeat(700_000) })).status).toBe(413);
});

test("in a try-out the bar links the steps, and the sign-up shows how many webhooks were sent", async ({ tryOut }) => {
  const ada = tryOut.visitor("developer");
  expect((await ada.get("/signup")).html).toContain('href="https://admin.example/p/admin/bins"');
  await tryOut.addEndpoint();

  const { location = "" } = await ada.submit("/signup", signUpValues("ada"));

  expect((await ada.get(location)).html).toMatch(/3 webhooks sent: <a href="https:\/\/admin\.example\/p\/admin\/bins"/);
  expect((await ada.get(location.replace("?signed_up", ""))).html).not.toContain("webhooks sent");
});

test("in a try-out without a mail server, pages about mails link to the outbox", async ({ portal, tryOut }) => {
  const mails = 'href="https://admin.example/p/admin/mails"';
  const ada = await tryOut.developer("ada");
  for (const url of [
    "/lost-password/check-mail",
    "/activate/check-mail",
    "/signup/check-mail",
    "/account/invitations",
  ]) {
    expect((await ada.get(url)).html, url).toContain(mails);
  }
  expect((await portal.visitor("developer").get("/lost-password/check-mail")).html).not.toContain("Admin Portal");
});

test("without a try-out there is no bar", async ({ portal }) => {
  expect((await portal.visitor("developer").get("/")).html).not.toContain("Watch the webhooks");
});

test("long lists are shown in pages and searched without scripts, and the account page shows the first applications", async ({
  portal,
}) => {
  const ada = await portal.developer("ada");
  const count = 249;
  await portal.pool.query(
    `insert into applications (provider_id, account_id, product_id, plan_id, name, user_key, application_id, provider_verification_key)
     select provider_id, account_id, product_id, plan_id, 'Ferry <' || n || '>', 'u' || n, 'a' || n, 'v' || n
     from applications, generate_series(2, $2::integer) as n where provider_id = $1`,
    [portal.provider.id, count],
  );
  await portal.pool.query(
    `insert into users (provider_id, account_id, username, email, state)
     select provider_id, account_id, 'dev' || n, 'dev' || n || '@tallow.example', 'active'
     from users, generate_series(2, $2::integer) as n where provider_id = $1`,
    [portal.provider.id, count],
  );
  await portal.pool.query(
    `insert into invitations (provider_id, account_id, email, code_digest, sent_at)
     select provider_id, id, 'dev' || n || '@tallow.example', sha256(convert_to(id || '.' || n, 'UTF8')), now()
     from accounts, generate_series(1, $2::integer) as n where provider_id = $1`,
    [portal.provider.id, count],
  );
  const show = async (path: string) => {
    const { status, html } = await ada.get(path);
    expect([path, status]).toEqual([path, 200]);
    const linkOf = (rel: string) => new RegExp(`href="([^"]*)" rel="${rel}"`).exec(html)?.[1]?.replaceAll("&amp;", "&");
    const rows = (/<ul class="list.*?<\/ul>/s.exec(html)?.[0] ?? "").split("<li>").length - 1;
    return { html, rows, next: linkOf("next"), previous: linkOf("prev") };
  };
  for (const path of ["/applications", "/account/users", "/account/invitations"]) {
    const first = await show(path);
    expect(first).toMatchObject({ rows: 100, previous: undefined, next: `${path}?page=2` });
    expect(first.html).toMatch(/<title>[A-Z][a-z]+, Page 1 of 3 \| /);
    expect(first.html).toContain('<span class="aside">Page 1 of 3</span>');
    const second = await show(`${path}?page=2`);
    expect(second).toMatchObject({ rows: 100, previous: `${path}?page=1`, next: `${path}?page=3` });
    for (const page of ["3", "4", "99999999999999"]) {
      expect(await show(`${path}?page=${page}`)).toMatchObject({ rows: count - 200, next: undefined });
    }
    for (const page of ["0", "-1", "x", ""]) {
      expect(await show(`${path}?page=${page}`)).toMatchObject({ rows: 100, previous: undefined });
    }
    const none = await show(`${path}?q=nobody`);
    expect(none).toMatchObject({ rows: 0, next: undefined });
    expect(none.html).toContain(`0 of ${count} `);
    expect(none.html).toContain(`, 0 of ${count} | `);
    expect(none.html).not.toContain("has no applications");
    // A search of thousands of words would block the process for seconds.
    const long = `${"e ".repeat(100)}nobody`;
    expect(await show(`${path}?q=${encodeURIComponent(long)}`)).toMatchObject({ rows: 100 });
  }
  expect((await show("/applications?q=%3C24%3E%20FERRY")).rows).toBe(1);
  const found = await show("/account/users?q=dev2");
  expect(found).toMatchObject({ rows: 61, next: undefined });
  expect(found.html).toContain('value="dev2"');
  expect((await show("/account/invitations?q=dev1")).next).toBe("/account/invitations?q=dev1&page=2");
  expect((await show("/account/invitations")).html).toContain("dev249@");
  const account = await show("/account");
  expect(account.html.match(/id="application-/g)).toHaveLength(10);
  expect(account.html).toContain("All 249 applications");
});

test("pages that visitors open, too, show a user's own links and no log-in", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await ada.submit("/account/invitations", { email: "bea@tallow.example" });
  const invitation = await portal.mailedPath();
  for (const path of [
    "/lost-password",
    "/lost-password/check-mail",
    "/lost-password/used",
    "/activate",
    "/activate/used",
    "/signup",
    "/signup/check-mail",
    "/signup/awaiting-approval",
    invitation,
  ]) {
    const { html } = await ada.get(path);
    const [, head = ""] = /<header([\s\S]*?)<\/header>/.exec(html) ?? [];
    expect([path, head.includes('href="/login"'), head.includes('action="/logout"')]).toEqual([path, false, true]);
  }
  for (const path of ["/lost-password", "/lost-password/check-mail", "/activate"]) {
    const main = async (visitor: Visitor) => (await visitor.get(path)).html.split("<main")[1];
    expect([path, await main(ada)]).toEqual([path, expect.not.stringContaining('href="/login"')]);
    expect([path, await main(portal.visitor("developer"))]).toEqual([path, expect.stringContaining('href="/login"')]);
  }
});
