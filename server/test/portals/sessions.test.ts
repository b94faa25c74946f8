import { expect } from "vitest";
import { password, test, type PortalFixture } from "./portal-test.ts";
import type { Visitor } from "./visitor.ts";

const userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0";

async function logIn(
  portal: PortalFixture,
  username: string,
  { address = "198.51.100.9", agent = userAgent } = {},
): Promise<Visitor> {
  const visitor = portal.visitor("developer", { address });
  const { status } = await visitor.submit("/login", { username, password }, { "user-agent": agent });
  expect(status).toBe(303);
  return visitor;
}

const endPaths = (html: string): readonly string[] =>
  Array.from(html.matchAll(/href="(\/account\/sessions\/[0-9a-f]{32}\/end)"/g), ([, path = ""]) => path);

test("a developer sees where the user is logged in, and logs a lost browser out, without scripts and a password", async ({
  portal,
}) => {
  const ada = await portal.developer("ada");
  const lost = await logIn(portal, "ada");
  expect((await ada.get("/account")).html).toContain('href="/account/sessions"');
  const { html } = await ada.get("/account/sessions");
  expect(html.match(/This session/g)).toHaveLength(1);
  expect(html).toContain("Firefox on Linux");
  expect(html).toContain("<bdi>198.51.100.9</bdi>");
  const [path = "", ...more] = endPaths(html);
  expect(more).toEqual([]);

  await portal.newEvents();
  await portal.pool.query("update users set password_hash = null where provider_id = $1", [portal.provider.id]);
  expect((await ada.get(path)).html).toContain("Firefox on Linux, 198.51.100.9. Whoever uses it");
  expect(await ada.submit(path)).toMatchObject({ status: 303, location: "/account/sessions?done=session-logged-out" });
  expect((await ada.get("/account/sessions?done=session-logged-out")).html).toContain(
    "That browser has been logged out.",
  );
  expect((await lost.get("/account")).status).toBe(302);
  expect((await ada.get("/account")).status).toBe(200);
  const again = await ada.get(path);
  expect([again.status, again.html]).toEqual([404, expect.stringContaining("This no longer exists")]);
  expect(await portal.newEvents()).toEqual([]);
  // As all actions of developers, this one is not in the provider's audit log.
  const records = "select from audit_records where provider_id = $1 and action like 'session%'";
  expect(await portal.pool.query(records, [portal.provider.id])).toEqual([]);
});

test("logging out everywhere else keeps this browser and other users", async ({ portal, otherPortal }) => {
  const ada = await portal.developer("ada");
  const bob = await portal.developer("bob");
  const namesake = await otherPortal.developer("ada");
  const others = [await logIn(portal, "ada"), await logIn(portal, "ada", { address: "192.0.2.1" })];
  expect((await bob.get("/account/sessions")).html).not.toContain("198.51.100.9");
  expect(await ada.submit("/account/sessions/end-others")).toMatchObject({
    status: 303,
    location: "/account/sessions?done=others-logged-out",
  });
  for (const other of others) expect((await other.get("/account")).status).toBe(302);
  for (const kept of [ada, bob, namesake]) expect((await kept.get("/account")).status).toBe(200);
  const { html } = await ada.get("/account/sessions");
  expect(endPaths(html)).toEqual([]);
  expect(html).not.toContain("end-others");
});

test("nobody logs out another user's browser, and no form without its token ends a session", async ({
  portal,
  otherPortal,
}) => {
  const ada = await portal.developer("ada");
  const lost = await logIn(portal, "ada");
  const [path = ""] = endPaths((await ada.get("/account/sessions")).html);
  for (const stranger of [await portal.developer("bob"), await otherPortal.developer("bob")]) {
    const form = stranger.hiddenInputs((await stranger.get("/account/sessions/end-others")).html, "/account/sessions");
    expect((await stranger.post(path, form)).status).toBe(404);
    expect((await stranger.get(path)).status).toBe(404);
  }
  for (const target of [path, "/account/sessions/end-others"]) {
    expect((await ada.post(target, {})).status).toBe(403);
    expect((await ada.post(target, { form_token: "wrong" })).status).toBe(403);
  }
  expect((await portal.visitor("developer").get("/account/sessions")).location).toBe(
    "/login?return_to=%2Faccount%2Fsessions",
  );
  expect((await lost.get("/account")).status).toBe(200);
});

test.for([
  ["markup", "<script>alert(1)</script>\"'>"],
  ["10 KB", "x".repeat(10_000)],
  ["bytes of Latin-1", "\u0085\u00ff"],
  ["nothing", ""],
])("a browser that sends %s is listed as an unknown one", async ([, agent = ""], { portal }) => {
  const ada = await portal.developer("ada");
  await logIn(portal, "ada", { agent });
  const { status, html } = await ada.get("/account/sessions");
  expect(status).toBe(200);
  expect(html).toContain("Unknown browser");
  expect(html).not.toMatch(/alert|xxx|\u0085|\u00ff/);
  const [stored] = await portal.pool.query(
    "select browser, operating_system from sessions where provider_id = $1 and address = '198.51.100.9'",
    [portal.provider.id],
  );
  expect(stored).toEqual({ browser: null, operatingSystem: null });
});

test("an address is shown as IPv4 or IPv6, without a port", async ({ portal }) => {
  const ada = await portal.developer("ada");
  for (const address of ["::ffff:192.0.2.44", "2001:db8::7"]) await logIn(portal, "ada", { address });
  const { html } = await ada.get("/account/sessions");
  for (const shown of ["<bdi>192.0.2.44</bdi>", "<bdi>2001:db8::7</bdi>"]) expect(html).toContain(shown);
});
