import { expect } from "vitest";
import type { PortalFixture } from "./portal-test.ts";
import { signUpValues, password, test } from "./portal-test.ts";
import type { Visitor } from "./visitor.ts";

const chosen = { username: "bea", password, password_confirmation: password };

/** Invites a second user to ada's account. Returns their browser and user id. */
async function inviteBea(portal: PortalFixture, ada: Visitor): Promise<{ bea: Visitor; id: string }> {
  await ada.submit("/account/invitations", { email: "bea@tallow.example" });
  const bea = portal.visitor("developer");
  await bea.submit(await portal.mailedPath(), chosen);
  const [, id = ""] = /\/account\/users\/(\d+)\/edit/.exec((await ada.get("/account/users")).html) ?? [];
  return { bea, id };
}

test("without scripts, a double click joins once and logs in, but a used link logs in nobody without the password", async ({
  portal,
  clock,
}) => {
  const ada = await portal.developer("ada");
  await ada.submit("/account/invitations", { email: "bea@tallow.example" });
  const path = await portal.mailedPath();
  await portal.newEvents();
  const bea = portal.visitor("developer");
  const filled = { ...chosen, email: "bea@tallow.example" };
  const form = { ...bea.hiddenInputs((await bea.get(path)).html, path), ...filled };
  await clock.advance(1000);
  const answers = [...(await Promise.all([bea.post(path, form), bea.post(path, form)])), await bea.post(path, form)];
  for (const answer of answers) expect(answer).toMatchObject({ status: 303, location: "/account?done=joined" });
  expect((await bea.get("/account")).html).toContain("Tallow Ltd");
  expect(await portal.newEvents()).toEqual(["user.created by developer bea in developer_portal"]);

  bea.cookies.delete("bellwire_developer");
  const others = { password: "another horse", password_confirmation: "another horse" };
  expect((await bea.post(path, { ...form, ...others })).status, "another password").toBe(404);
  expect((await bea.post(`${path}0`, form)).status, "another code").toBe(404);
  await clock.advance(60_000);
  expect((await bea.post(path, form)).status, "after a minute").toBe(404);
});

test("an invited user joins as a member and is logged in", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await portal.newEvents();
  expect(await ada.submit("/account/invitations", { email: "bea@tallow.example" })).toMatchObject({ status: 303 });
  const path = await portal.mailedPath();
  const bea = portal.visitor("developer");
  const form = await bea.get(path);
  expect(form.html).toContain("Join Tallow Ltd");
  expect(form.html).toContain('value="bea@tallow.example"');

  expect(await bea.submit(path, chosen)).toMatchObject({ status: 303, location: "/account?done=joined" });

  expect((await bea.get("/account")).html).toContain("Tallow Ltd");
  expect(await portal.newEvents()).toEqual(["user.created by developer bea in developer_portal"]);
  expect((await ada.get("/account/invitations")).html).toContain("Accepted");
  const used = await bea.get(path);
  expect([used.status, used.html]).toEqual([
    404,
    expect.stringContaining("You are logged in as bea, a user of Tallow Ltd"),
  ]);
  expect(used.html).not.toMatch(/log in\b/i);
  expect(
    (await bea.post(path, { ...bea.hiddenInputs((await bea.get("/lost-password")).html), ...chosen })).status,
  ).toBe(404);
});

test("a member confirms a change with the own password, and the admin's is wrong", async ({ portal }) => {
  const { bea } = await inviteBea(portal, await portal.developer("ada"));
  const own = "another horse entirely";
  const change = async (current_password: string, next: string): Promise<number> =>
    (await bea.submit("/account/password", { current_password, password: next, password_confirmation: next })).status;
  expect(await change(password, own)).toBe(303);
  expect(await change(password, "a third horse entirely")).toBe(422); // ada's
  expect(await change(own, password)).toBe(303);
});

test("an invalid join form is rejected with an error at the field, and the link remains valid", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await ada.submit("/account/invitations", { email: "bea@tallow.example" });
  const path = await portal.mailedPath();
  const bea = portal.visitor("developer");
  const refused = await bea.submit(path, { ...chosen, username: "ada", org_name: "Eve" });
  expect(refused.status).toBe(422);
  expect(refused.html).toMatch(/id="username-error">Username has already been taken/);
  expect(refused.html).not.toContain(password);
  expect((await bea.submit(path, chosen)).status).toBe(303);
});

test("joining a suspended account shows that it is unavailable, not that it awaits approval", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await ada.submit("/account/invitations", { email: "bea@tallow.example" });
  await portal.pool.query("update accounts set state = 'suspended' where provider_id = $1", [portal.provider.id]);
  const bea = portal.visitor("developer");
  const joined = await bea.submit(await portal.mailedPath(), { ...signUpValues("bea"), email: "bea@tallow.example" });
  expect(joined).toMatchObject({ status: 303, location: "/signup/account-closed" });
  expect((await bea.get("/signup/account-closed")).html).toContain("is unavailable");
});

test("an invitation expires after two weeks, with an explanation, and can be resent", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await ada.submit("/account/invitations", { email: "bea@tallow.example" });
  const path = await portal.mailedPath();
  const bea = portal.visitor("developer");
  const form = bea.hiddenInputs((await bea.get(path)).html, path);
  const older = "update invitations set sent_at = sent_at - interval '14 days' where provider_id = $1";
  await portal.pool.query(older, [portal.provider.id]);

  const late = await bea.get(path);
  expect([late.status, late.html]).toEqual([
    404,
    expect.stringContaining("ask the admin of the organization to resend"),
  ]);
  expect((await bea.post(path, { ...form, ...chosen })).status).toBe(404);

  const { html } = await ada.get("/account/invitations");
  expect(html).toContain("Expired");
  await ada.submit(/\/account\/invitations\/\d+\/resend/.exec(html)?.[0] ?? "");
  expect((await bea.submit(await portal.mailedPath(), chosen)).status).toBe(303);
});

test("an invalid, taken or already invited email is rejected with an error at the field", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await ada.submit("/account/invitations", { email: "bea@tallow.example" });
  for (const [email, words] of [
    ["nonsense", "should look like an email address"],
    ["ADA@tallow.example", "has already been taken"],
    ["bea@tallow.example", "has already been invited"],
  ] as const) {
    const { status, html } = await ada.submit("/account/invitations", { email });
    expect(status).toBe(422);
    expect(html).toMatch(new RegExp(`id="email-error">Email [^<]*${words}`));
    expect(html).toContain(`value="${email}"`);
  }
});

test("resending or deleting an invitation invalidates the old link", async ({ portal }) => {
  const ada = await portal.developer("ada");
  await ada.submit("/account/invitations", { email: "bea@tallow.example" });
  const [first, bea] = [await portal.mailedPath(), portal.visitor("developer")];
  const [, id] = /invitations\/(\d+)\/resend/.exec((await ada.get("/account/invitations")).html) ?? [];

  expect((await ada.submit(`/account/invitations/${id}/resend`)).status).toBe(303);
  const second = await portal.mailedPath();
  expect((await bea.get(first)).status).toBe(404);
  expect((await bea.get(second)).status).toBe(200);

  expect((await ada.submit(`/account/invitations/${id}/delete`)).status).toBe(303);
  expect((await bea.get(second)).status).toBe(404);
  expect((await ada.get(`/account/invitations/${id}/delete`)).status).toBe(404);
});

test("invitation mails are limited to fifty per ten minutes", async ({ portal, clock }) => {
  const ada = await portal.developer("ada");
  await ada.submit("/account/invitations", { email: "bea@tallow.example" });
  const [, id] = /invitations\/(\d+)\/resend/.exec((await ada.get("/account/invitations")).html) ?? [];
  for (let time = 2; time <= 50; time += 1) await ada.submit(`/account/invitations/${id}/resend`);
  const path = await portal.mailedPath();

  const again = await ada.submit(`/account/invitations/${id}/resend`);
  const another = await ada.submit("/account/invitations", { email: "cleo@tallow.example" });

  for (const { status, html } of [again, another]) {
    expect(status).toBe(429);
    expect(html).toContain("try again in 10 minutes");
  }
  expect(await portal.mailedPath()).toBe(path);
  await clock.advance(600_000);
  expect((await ada.submit("/account/invitations", { email: "cleo@tallow.example" })).status).toBe(303);
});

test("an admin edits another user, makes them an admin, and deletes them after a confirmation", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const { bea, id } = await inviteBea(portal, ada);
  await portal.newEvents();
  const byAda = "by developer ada in developer_portal";

  expect((await ada.submit(`/account/users/${id}/edit`, { username: "beatrix" })).status).toBe(303);
  expect((await ada.submit(`/account/users/${id}/role`, { role: "admin" })).status).toBe(303);
  expect((await ada.submit(`/account/users/${id}/role`, { role: "king" })).status).toBe(422);
  expect(await portal.newEvents()).toEqual([`user.updated ${byAda}`, `user.updated ${byAda}`]);
  expect((await ada.get("/account/users")).html).toContain("beatrix");

  const question = await ada.get(`/account/users/${id}/delete`);
  expect(question.html).toContain("Delete beatrix?");
  expect((await bea.get("/account/users")).status).toBe(200);
  expect((await ada.submit(`/account/users/${id}/delete`)).location).toBe("/account/users?done=user-deleted");
  expect(await portal.newEvents()).toEqual([`user.deleted ${byAda}`]);
  expect((await bea.get("/account")).status).toBe(302);
});

test("users cannot delete or demote themselves, so an account keeps an admin", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const [me] = await portal.pool.query<{ id: number }>("select id from users where provider_id = $1", [
    portal.provider.id,
  ]);
  for (const page of ["edit", "role", "delete"]) {
    expect((await ada.get(`/account/users/${me?.id}/${page}`)).status, page).toBe(404);
  }
});

test("a member of the account can edit neither the account nor its users", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const { bea, id } = await inviteBea(portal, ada);
  const csrf = bea.hiddenInputs((await bea.get("/account/details")).html, "/account/details");
  for (const path of ["/account/edit", "/account/users", "/account/invitations", `/account/users/${id}/delete`]) {
    expect((await bea.get(path)).status, path).toBe(403);
    if (path !== "/account/users") expect((await bea.post(path, csrf)).status, path).toBe(403);
  }
  expect((await bea.get("/account")).html).not.toContain("/account/users");
});

test("every page responds 404 for another account's or provider's users and invitations", async ({
  portal,
  otherPortal,
}) => {
  const ada = await portal.developer("ada");
  const { id } = await inviteBea(portal, ada);
  await ada.submit("/account/invitations", { email: "cleo@tallow.example" });
  const [, invited] = /invitations\/(\d+)\/resend/.exec((await ada.get("/account/invitations")).html) ?? [];
  for (const stranger of [await portal.developer("eve"), await otherPortal.developer("mallory")]) {
    const paths = ["edit", "role", "delete"].map((page) => `/account/users/${id}/${page}`);
    for (const path of [...paths, `/account/invitations/${invited}/resend`, `/account/invitations/${invited}/delete`]) {
      expect((await stranger.get(path)).status, path).toBe(404);
      const csrf = stranger.hiddenInputs((await stranger.get("/account/details")).html, "/account/details");
      expect((await stranger.post(path, csrf)).status, path).toBe(404);
    }
  }
  expect((await otherPortal.visitor("developer").get(await portal.mailedPath())).status).toBe(404);
});

test("invitation links do not shadow the sign-up's pages", async ({ portal }) => {
  const visitor = portal.visitor("developer");
  expect((await visitor.get("/signup/check-mail")).status).toBe(200);
  expect((await visitor.get("/signup/nonsense")).status).toBe(404);
  expect((await visitor.submit("/signup", signUpValues("ada"))).status).toBe(303);
});

test("an admin can resend the activation mail to pending users only", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const { id } = await inviteBea(portal, ada);
  const path = `/account/users/${id}/activation`;
  expect((await ada.get("/account/users")).html).not.toContain(path);
  expect((await ada.get(path)).status).toBe(404);

  await portal.pool.query("update users set state = 'pending' where id = $1", [id]);
  expect((await ada.get("/account/users")).html).toContain(path);
  expect(await ada.submit(path)).toMatchObject({ status: 303, location: "/account/users?done=activation-sent" });
  const { html } = await ada.get("/account/users?done=activation-sent");
  expect(html).toContain("The activation link is ready, but no mail server sends it.");
  const link = await portal.mailedPath();
  expect((await portal.visitor("developer").get(link)).status).toBeLessThan(400);
  expect((await ada.get("/account/users")).html).not.toContain(path);
});
