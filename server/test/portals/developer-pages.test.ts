import { expect } from "vitest";
import { filledIn, test } from "./portal-test.ts";

test("my account shows the organization, who is signed in, and the application with its key", async ({ house }) => {
  const ada = await house.developer("ada");
  const { status, html } = await ada.get("/account");
  expect(status).toBe(200);
  for (const words of ["Tallow Ltd", "Approved", "ada@tallow.example", "Tallow Ltd&#39;s App", "API key", "Basic"]) {
    expect(html).toContain(words);
  }
});

test("the home of who is signed in leads to what they have, and does not tell them to sign up", async ({ house }) => {
  const signUp = /<h2>Sign up<|>Sign up, and/;
  expect((await house.visitor("developer").get("/")).html).toMatch(signUp);
  const ada = await house.developer("ada");
  const { html } = await ada.get("/");
  expect(html).not.toMatch(signUp);
  expect(html).toContain("You are logged in as ada of Tallow Ltd.");
  expect(html).toContain('<a class="button" href="/applications">');
  expect(html).toContain('<a class="button quiet" href="/account">');
});

test("a page's title says whose it is, after the sign that the Admin Portal has there", async ({ house }) => {
  const ada = await house.developer("ada");
  expect((await ada.get("/account")).html).toContain("<title>My account | Wheat &amp; Sons</title>");
  expect((await ada.get("/")).html).toContain("<title>Wheat &amp; Sons for developers</title>");
});

test("another account's application is not there, nor is nonsense", async ({ house }) => {
  const ada = await house.developer("ada");
  const bob = await house.developer("bob");
  const [, id] = /href="\/applications\/(\d+)"/.exec((await bob.get("/applications")).html) ?? [];
  expect((await bob.get(`/applications/${id}`)).status).toBe(200);
  for (const other of [id, "0", "-1", "1e3", "99999999999999999999", "x", "%00"]) {
    expect((await ada.get(`/applications/${other}`)).status, other).toBe(404);
  }
});

test("who is signed in stays so to see on a page that is not there, and on the sign-up form", async ({ house }) => {
  const [ada, nobody] = [await house.developer("ada"), house.visitor("developer")];
  for (const url of ["/nowhere", "/account/users/0/edit", "/signup"]) {
    const { html } = await ada.get(url);
    expect(html, url).toContain("Log out");
    expect(html, url).not.toContain(`href="/login"`);
  }
  expect((await nobody.get("/nowhere")).html).toContain(`href="/login"`);
});

test("every page forbids scripts and styles of others, frames, and keeping a copy", async ({ house }) => {
  const ada = await house.developer("ada");
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

test("files of the pages are kept by browsers for ever, under a name that changes with them", async ({ house }) => {
  const visitor = house.visitor("developer");
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

test("the admin side has none of these pages, and sends its front door to the Admin Portal", async ({ house }) => {
  const boss = house.visitor("admin");
  for (const url of ["/signup", "/login", "/account", "/applications", "/nowhere"]) {
    expect((await boss.get(url)).status, url).toBe(404);
  }
  expect(await boss.get("/")).toMatchObject({ status: 302, location: "/p/admin" });
});

test("a suspended provider's portal is closed", async ({ house }) => {
  const ada = await house.developer("ada");
  await house.change({ state: "suspended" });
  for (const url of ["/", "/signup", "/account"]) expect((await ada.get(url)).status).toBe(403);
});

test("what a browser cannot send as a form is refused with words", async ({ house }) => {
  const visitor = house.visitor("developer");
  const json = await visitor.post("/login", {}, { "content-type": "application/xml" });
  expect(json.status).toBe(415);
  expect(json.html).toContain("That did not work");
  expect((await visitor.post("/login", { username: "x".repeat(70_000) })).status).toBe(413);
});

test("in a try-out the bar leads from step to step, and the sign-up says how many webhooks went out", async ({
  tryOut,
}) => {
  const ada = tryOut.visitor("developer");
  expect((await ada.get("/signup")).html).toContain('href="https://admin.example/p/admin/bins"');
  await tryOut.addEndpoint();

  const { location = "" } = await ada.submit("/signup", filledIn("ada"));

  expect((await ada.get(location)).html).toMatch(
    /3 webhooks went out: <a href="https:\/\/admin\.example\/p\/admin\/bins"/,
  );
  expect((await ada.get(location.replace("?signed_up", ""))).html).not.toContain("went out");
});

test("in a try-out without a mail server, a page that speaks of a mail says where it waits", async ({
  house,
  tryOut,
}) => {
  const mails = 'href="https://admin.example/p/admin/mails"';
  const ada = await tryOut.developer("ada");
  for (const url of ["/lost-password/check-mail", "/signup/check-mail", "/account/invitations"]) {
    expect((await ada.get(url)).html, url).toContain(mails);
  }
  expect((await house.visitor("developer").get("/lost-password/check-mail")).html).not.toContain("Admin Portal");
});

test("outside of a try-out there is no bar", async ({ house }) => {
  expect((await house.visitor("developer").get("/")).html).not.toContain("Watch the webhooks");
});
