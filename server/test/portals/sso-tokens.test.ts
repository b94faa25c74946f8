import { expect } from "vitest";
import { createSsoToken, findUserOfAddress } from "#portal/single-sign-on/index.ts";
import { encryption } from "../support/build-webhooks.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { until } from "../support/until.ts";
import { pathOf } from "./identity-servers.ts";
import { password, type PortalFixture, test } from "./portal-test.ts";
import type { PageResponse, Visitor } from "./visitor.ts";

/** Returns the path of an address that logs the developer in. */
async function tokenPath(
  { pool, provider, clock }: PortalFixture,
  values: Readonly<Record<string, unknown>>,
): Promise<string> {
  const made = await createSsoToken(
    { pool, encryption },
    {
      providerId: provider.id,
      portalUrl: `https://${provider.subdomain}.bellwire.test`,
      values,
      by: { actor: { kind: "key" }, channel: "api", now: clock.now() },
    },
  );
  if ("refused" in made) throw new Error(JSON.stringify(made.refused));
  return pathOf(made.url);
}

const open = async (portal: PortalFixture, values: object, visitor = portal.visitor("developer")) => {
  const answer = await visitor.get(await tokenPath(portal, { ...values }));
  return { visitor, answer };
};

const shown = ({ status, location }: PageResponse) => [status, location];

const nameIn = async (visitor: Visitor): Promise<string | undefined> =>
  /<dt>Logged in as<\/dt><dd>(\w+)/.exec((await visitor.get("/account")).html)?.[1];

test("the address of an SSO token logs the developer in without a form, and leads where the site has chosen", async ({
  portal,
}) => {
  await portal.developer("ada");
  await portal.newEvents();
  for (const [redirect, location] of [
    [undefined, "/account"],
    ["/applications?page=2", `https://${portal.provider.subdomain}.bellwire.test/applications?page=2`],
    ["https://site.example/docs a?b=c d#e", "https://site.example/docs%20a?b=c%20d#e"],
  ]) {
    const { answer, visitor } = await open(portal, { username: "ada", redirect_url: redirect });
    expect(shown(answer)).toEqual([303, location]);
    expect((await visitor.get("/account")).status).toBe(200);
  }
  expect(await portal.newEvents()).toEqual([]);
});

test("it takes the place of another developer's session in the same browser, which ends", async ({ portal }) => {
  await portal.developer("ada");
  const visitor = await portal.developer("bob");
  const before = new Map(visitor.cookies);
  await open(portal, { username: "ada" }, visitor);
  expect(await nameIn(visitor)).toBe("ada");
  const old = portal.visitor("developer");
  for (const [name, value] of before) old.cookies.set(name, value);
  expect((await old.get("/account")).location).toMatch(/^\/login/);
});

test("it works until it expires, in any browser, and not at another provider", async ({ portal, otherPortal }) => {
  await portal.developer("ada");
  const path = await tokenPath(portal, { username: "ada", expires_in: 60 });
  expect((await otherPortal.visitor("developer").get(path)).status).toBe(404);
  await portal.clock.advance(58_000);
  expect(shown(await portal.visitor("developer").get(path))).toEqual([303, "/account"]);
  await portal.clock.advance(2000);
  const visitor = portal.visitor("developer");
  const expired = await visitor.get(path);
  expect([expired.status, expired.html]).toEqual([404, expect.stringContaining("It has expired")]);
  expect(expired.html).toContain('href="/login"');
  expect((await visitor.get("/account")).location).toMatch(/^\/login/);
});

test("an altered token, another's text and none at all log nobody in", async ({ portal }) => {
  await portal.developer("ada");
  const path = await tokenPath(portal, { username: "ada" });
  const token = new URLSearchParams(path.split("?")[1]).get("token") ?? "";
  const other = encryption.encrypt("another purpose", `${portal.provider.id} 1 9999999999 `).toString("base64url");
  const alteredAt = (n: number): string => `${token.slice(0, n)}${token[n] === "A" ? "B" : "A"}${token.slice(n + 1)}`;
  const altered = Array.from({ length: Math.floor(token.length / 9) }, (_, n) => alteredAt(9 * n));
  for (const wrong of [...altered, token.slice(0, -2), other, "", "%00", "a"]) {
    const answer = await portal.visitor("developer").get(`/session/create?expires_at=9999999999&token=${wrong}`);
    expect([wrong, answer.status]).toEqual([wrong, 404]);
  }
  expect((await portal.visitor("developer").get("/session/create")).status).toBe(404);
  expect((await portal.visitor("developer").head(path)).status).toBe(404);
});

test("a developer who may not log in is told why, and one who is gone is not logged in", async ({ portal }) => {
  await portal.developer("ada");
  const path = await tokenPath(portal, { username: "ada" });
  const change = (statement: string) => portal.pool.query(statement, [portal.provider.id]);
  await change("update accounts set state = 'suspended' where provider_id = $1");
  const refused = await portal.visitor("developer").get(path);
  expect([refused.status, refused.html]).toEqual([403, expect.stringContaining("Your account is suspended.")]);
  await change("update accounts set state = 'approved' where provider_id = $1");
  await change("update users set state = 'suspended' where provider_id = $1");
  expect((await portal.visitor("developer").get(path)).html).toContain("Your user is suspended.");
  await change("delete from users where provider_id = $1");
  const visitor = portal.visitor("developer");
  expect((await visitor.get(path)).status).toBe(403);
  expect((await visitor.get("/account")).location).toMatch(/^\/login/);
});

test("a new password ends the SSO tokens of the developer, as it ends the sessions", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const path = await tokenPath(portal, { username: "ada" });
  const changed = { current_password: password, password: "another horse battery" };
  const saved = await ada.submit("/account/password", { ...changed, password_confirmation: changed.password });
  expect([saved.status, saved.location]).toEqual([303, "/account?done=password-changed"]);
  const visitor = portal.visitor("developer");
  expect([(await visitor.get(path)).status, (await visitor.get("/account")).status]).toEqual([422, 302]);
  expect((await open(portal, { username: "ada" })).answer.status).toBe(303);
});

test("a suspension at the same moment is noticed before the session begins", async ({ portal }) => {
  await portal.developer("ada");
  const path = await tokenPath(portal, { username: "ada" });
  const visitor = portal.visitor("developer");
  const { answer } = await portal.pool.inTransaction(async (tx) => {
    await tx.query("update users set state = 'suspended' where provider_id = $1", [portal.provider.id]);
    const waiting = { answer: visitor.get(path) };
    await until(async () => (await countWaiting(portal.pool)) === 1);
    return waiting;
  });
  expect((await answer).status).toBe(422);
  expect((await visitor.get("/account")).location).toMatch(/^\/login/);
});

test("a developer whom a site has logged in is not shared with who owns the address at an identity provider", async ({
  portal,
}) => {
  await portal.developer("ada");
  // Programs of the provider create users so, without a password.
  await portal.pool.query("update users set password_hash = null, confirmed_email = null where provider_id = $1", [
    portal.provider.id,
  ]);
  const isOwn = async () => {
    const identity = { email: "ada@tallow.example", isEmailVerified: true };
    return (await findUserOfAddress(portal.pool, portal.provider.id, identity))?.isOwn;
  };
  expect(await isOwn()).toBe(true);
  await open(portal, { username: "ada" });
  expect(await isOwn()).toBe(false);
});
