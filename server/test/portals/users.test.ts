import { expect } from "vitest";
import type { PortalHouse } from "./portal-test.ts";
import { filledIn, password, test } from "./portal-test.ts";
import type { Visitor } from "./visitor.ts";

const chosen = { username: "bea", password, password_confirmation: password };

/** Somebody who has come into the account of `ada` by an invitation, and the number in the paths about them. */
async function inviteBea(house: PortalHouse, ada: Visitor): Promise<{ bea: Visitor; id: string }> {
  await ada.submit("/account/invitations", { email: "bea@tallow.example" });
  const bea = house.visitor("developer");
  await bea.submit(await house.mailedPath(), chosen);
  const [, id = ""] = /\/account\/users\/(\d+)\/edit/.exec((await ada.get("/account/users")).html) ?? [];
  return { bea, id };
}

test("who is invited joins by the link in the mail, as a member who is logged in", async ({ house }) => {
  const ada = await house.developer("ada");
  await house.told();
  expect(await ada.submit("/account/invitations", { email: "bea@tallow.example" })).toMatchObject({ status: 303 });
  const path = await house.mailedPath();
  const bea = house.visitor("developer");
  const form = await bea.get(path);
  expect(form.html).toContain("Join Tallow Ltd");
  expect(form.html).toContain('value="bea@tallow.example"');

  expect(await bea.submit(path, chosen)).toMatchObject({ status: 303, location: "/account?done=joined" });

  expect((await bea.get("/account")).html).toContain("Tallow Ltd");
  expect(await house.told()).toEqual(["user.created by developer bea in developer_portal"]);
  expect((await ada.get("/account/invitations")).html).toContain("Accepted");
  expect((await bea.get(path)).status).toBe(404);
  expect(
    (await bea.post(path, { ...bea.hiddenInputs((await bea.get("/lost-password")).html), ...chosen })).status,
  ).toBe(404);
});

test("who joins with what is not acceptable hears it beside the field, and may try again", async ({ house }) => {
  const ada = await house.developer("ada");
  await ada.submit("/account/invitations", { email: "bea@tallow.example" });
  const path = await house.mailedPath();
  const bea = house.visitor("developer");
  const refused = await bea.submit(path, { ...chosen, username: "ada", org_name: "Eve" });
  expect(refused.status).toBe(422);
  expect(refused.html).toMatch(/id="username-error">Username has already been taken/);
  expect(refused.html).not.toContain(password);
  expect((await bea.submit(path, chosen)).status).toBe(303);
});

test("who joins an account that is suspended hears so, and not that it waits for approval", async ({ house }) => {
  const ada = await house.developer("ada");
  await ada.submit("/account/invitations", { email: "bea@tallow.example" });
  await house.pool.query("update accounts set state = 'suspended' where provider_id = $1", [house.provider.id]);
  const bea = house.visitor("developer");
  const joined = await bea.submit(await house.mailedPath(), { ...filledIn("bea"), email: "bea@tallow.example" });
  expect(joined).toMatchObject({ status: 303, location: "/signup/account-closed" });
  expect((await bea.get("/signup/account-closed")).html).toContain("cannot be used at the moment");
});

test("an invitation that is two weeks old opens nothing, says what to do, and can be sent again", async ({ house }) => {
  const ada = await house.developer("ada");
  await ada.submit("/account/invitations", { email: "bea@tallow.example" });
  const path = await house.mailedPath();
  const bea = house.visitor("developer");
  const form = bea.hiddenInputs((await bea.get(path)).html, path);
  const older = "update invitations set sent_at = sent_at - interval '14 days' where provider_id = $1";
  await house.pool.query(older, [house.provider.id]);

  const late = await bea.get(path);
  expect([late.status, late.html]).toEqual([404, expect.stringContaining("ask whoever invited you to send")]);
  expect((await bea.post(path, { ...form, ...chosen })).status).toBe(404);

  const { html } = await ada.get("/account/invitations");
  expect(html).toContain("Expired");
  await ada.submit(/\/account\/invitations\/\d+\/resend/.exec(html)?.[0] ?? "");
  expect((await bea.submit(await house.mailedPath(), chosen)).status).toBe(303);
});

test("an address that is nonsense, in use or invited already is refused beside the field", async ({ house }) => {
  const ada = await house.developer("ada");
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

test("sending an invitation again or deleting it makes the old link open nothing", async ({ house }) => {
  const ada = await house.developer("ada");
  await ada.submit("/account/invitations", { email: "bea@tallow.example" });
  const [first, bea] = [await house.mailedPath(), house.visitor("developer")];
  const [, id] = /invitations\/(\d+)\/resend/.exec((await ada.get("/account/invitations")).html) ?? [];

  expect((await ada.submit(`/account/invitations/${id}/resend`)).status).toBe(303);
  const second = await house.mailedPath();
  expect((await bea.get(first)).status).toBe(404);
  expect((await bea.get(second)).status).toBe(200);

  expect((await ada.submit(`/account/invitations/${id}/delete`)).status).toBe(303);
  expect((await bea.get(second)).status).toBe(404);
  expect((await ada.get(`/account/invitations/${id}/delete`)).status).toBe(404);
});

test("fifty mails of invitations are enough for a while", async ({ house, clock }) => {
  const ada = await house.developer("ada");
  await ada.submit("/account/invitations", { email: "bea@tallow.example" });
  const [, id] = /invitations\/(\d+)\/resend/.exec((await ada.get("/account/invitations")).html) ?? [];
  for (let time = 2; time <= 50; time += 1) await ada.submit(`/account/invitations/${id}/resend`);
  const path = await house.mailedPath();

  const again = await ada.submit(`/account/invitations/${id}/resend`);
  const another = await ada.submit("/account/invitations", { email: "cleo@tallow.example" });

  for (const { status, html } of [again, another]) {
    expect(status).toBe(429);
    expect(html).toContain("try again in 10 minutes");
  }
  expect(await house.mailedPath()).toBe(path);
  await clock.advance(600_000);
  expect((await ada.submit("/account/invitations", { email: "cleo@tallow.example" })).status).toBe(303);
});

test("an admin edits another user, makes them an admin, and deletes them after a question", async ({ house }) => {
  const ada = await house.developer("ada");
  const { bea, id } = await inviteBea(house, ada);
  await house.told();
  const byAda = "by developer ada in developer_portal";

  expect((await ada.submit(`/account/users/${id}/edit`, { username: "beatrix" })).status).toBe(303);
  expect((await ada.submit(`/account/users/${id}/role`, { role: "admin" })).status).toBe(303);
  expect((await ada.submit(`/account/users/${id}/role`, { role: "king" })).status).toBe(422);
  expect(await house.told()).toEqual([`user.updated ${byAda}`, `user.updated ${byAda}`]);
  expect((await ada.get("/account/users")).html).toContain("beatrix");

  const question = await ada.get(`/account/users/${id}/delete`);
  expect(question.html).toContain("Delete beatrix?");
  expect((await bea.get("/account/users")).status).toBe(200);
  expect((await ada.submit(`/account/users/${id}/delete`)).location).toBe("/account/users?done=user-deleted");
  expect(await house.told()).toEqual([`user.deleted ${byAda}`]);
  expect((await bea.get("/account")).status).toBe(302);
});

test("a user whose new name is taken stays as they are, with the reason beside the field", async ({ house }) => {
  const ada = await house.developer("ada");
  const { id } = await inviteBea(house, ada);
  const { status, html } = await ada.submit(`/account/users/${id}/edit`, { username: "ada" });
  expect(status).toBe(422);
  expect(html).toMatch(/id="username-error">Username has already been taken/);
});

test("nobody deletes, edits here, or demotes themselves: an account keeps an admin", async ({ house }) => {
  const ada = await house.developer("ada");
  const [me] = await house.pool.query<{ id: number }>("select id from users where provider_id = $1", [
    house.provider.id,
  ]);
  for (const page of ["edit", "role", "delete"]) {
    expect((await ada.get(`/account/users/${me?.id}/${page}`)).status, page).toBe(404);
  }
});

test("a member of the account manages neither it nor its people", async ({ house }) => {
  const ada = await house.developer("ada");
  const { bea, id } = await inviteBea(house, ada);
  const csrf = bea.hiddenInputs((await bea.get("/account/details")).html, "/account/details");
  for (const path of ["/account/edit", "/account/users", "/account/invitations", `/account/users/${id}/delete`]) {
    expect((await bea.get(path)).status, path).toBe(403);
    if (path !== "/account/users") expect((await bea.post(path, csrf)).status, path).toBe(403);
  }
  expect((await bea.get("/account")).html).not.toContain("/account/users");
});

test("another account's people are not there, nor another provider's", async ({ house, neighbour }) => {
  const ada = await house.developer("ada");
  const { id } = await inviteBea(house, ada);
  await ada.submit("/account/invitations", { email: "cleo@tallow.example" });
  const [, invited] = /invitations\/(\d+)\/resend/.exec((await ada.get("/account/invitations")).html) ?? [];
  for (const stranger of [await house.developer("eve"), await neighbour.developer("mallory")]) {
    const paths = ["edit", "role", "delete"].map((page) => `/account/users/${id}/${page}`);
    for (const path of [...paths, `/account/invitations/${invited}/resend`, `/account/invitations/${invited}/delete`]) {
      expect((await stranger.get(path)).status, path).toBe(404);
      const csrf = stranger.hiddenInputs((await stranger.get("/account/details")).html, "/account/details");
      expect((await stranger.post(path, csrf)).status, path).toBe(404);
    }
  }
  expect((await neighbour.visitor("developer").get(await house.mailedPath())).status).toBe(404);
});

test("the sign-up's own pages are no invitations", async ({ house }) => {
  const visitor = house.visitor("developer");
  expect((await visitor.get("/signup/check-mail")).status).toBe(200);
  expect((await visitor.get("/signup/nonsense")).status).toBe(404);
  expect((await visitor.submit("/signup", filledIn("ada"))).status).toBe(303);
});

test("an admin has the activation mail sent to a user who is pending, and to nobody else", async ({ house }) => {
  const ada = await house.developer("ada");
  const { id } = await inviteBea(house, ada);
  const path = `/account/users/${id}/activation`;
  expect((await ada.get("/account/users")).html).not.toContain(path);
  expect((await ada.get(path)).status).toBe(404);

  await house.pool.query("update users set state = 'pending' where id = $1", [id]);
  expect((await ada.get("/account/users")).html).toContain(path);
  expect(await ada.submit(path)).toMatchObject({ status: 303, location: "/account/users?done=activation-sent" });
  const link = await house.mailedPath();
  expect((await house.visitor("developer").get(link)).status).toBeLessThan(400);
  expect((await ada.get("/account/users")).html).not.toContain(path);
});
