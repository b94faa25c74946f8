import { expect } from "vitest";
import { indentXml } from "#platform/xml.ts";
import { type ProviderApi, test, xmlDeclaration } from "./api-test.ts";

async function signUp(api: ProviderApi): Promise<{ account: number; admin: number }> {
  const response = await api.send("POST", "/signup.json", { payload: { org_name: "Quay Ltd", username: "quay" } });
  const account = response.json<{ account: { id: number } }>().account.id;
  const users = (await api.send("GET", `/accounts/${account}/users.json`)).json<{ users: { user: { id: number } }[] }>()
    .users;
  return { account, admin: users[0]?.user.id ?? 0 };
}

/** Signs up another account, which has an admin, too. */
const signUpNeighbour = (api: ProviderApi) =>
  api.send("POST", "/signup.json", { payload: { org_name: "Mole Ltd", username: "mole" } });

const addMember = async (api: ProviderApi, account: number, payload: object): Promise<number> =>
  (await api.send("POST", `/accounts/${account}/users.json`, { payload })).json<{ user: { id: number } }>().user.id;

const member = { username: "olaf", email: "olaf@quay.test" };

test("a new user is a pending member, even if role and state are sent", async ({ api }) => {
  const { account } = await signUp(api);
  const payload = { ...member, role: "admin", state: "active" };
  const response = await api.send("POST", `/accounts/${account}/users.json`, { payload });

  expect(response.json().user).toMatchObject({ username: "olaf", role: "member", state: "pending" });
  expect(response.headers.location).toMatch(
    new RegExp(`/admin/api/accounts/${account}/users/${response.json().user.id}$`),
  );
});

test("a password or a username that is a JSON number counts as its text", async ({ api }) => {
  const signUpPayload = { org_name: "Pier", username: 31415, password: 271828182845 };
  const signedUp = await api.send("POST", "/signup.json", { payload: signUpPayload });
  expect(signedUp.json().account.state).toBe("approved");

  const { account, admin } = await signUp(api);
  const errors = { password: ["is too short (minimum is 12 characters)"] };
  const short = { username: 16180, email: "phi@quay.test", password: 123 };
  for (const path of [`/accounts/${account}/users`, "/users"]) {
    expect((await api.send("POST", `${path}.json`, { payload: short })).json()).toEqual({ errors });
  }
  const refused = await api.send("PUT", `/accounts/${account}/users/${admin}.json`, { payload: { password: 123 } });
  expect(refused.json()).toEqual({ errors });
  const { id } = (await api.send("POST", "/users.json", { payload: { ...short, password: null } })).json().user;
  const renamed = await api.send("PUT", `/users/${id}.json`, { payload: { username: 14142 } });
  expect(renamed.json().user.username).toBe("14142");
});

test("an empty password confirmation is rejected as a mismatch", async ({ api }) => {
  const { account, admin } = await signUp(api);
  const payload = { ...member, password: "correct horse battery", password_confirmation: "" };
  const errors = { errors: { password_confirmation: ["doesn't match Password"] } };
  expect((await api.send("POST", `/accounts/${account}/users.json`, { payload })).json()).toEqual(errors);
  const { password, password_confirmation } = payload;
  const change = { payload: { password, password_confirmation } };
  expect((await api.send("PUT", `/accounts/${account}/users/${admin}.json`, change)).json()).toEqual(errors);
});

test("an update ignores role and state", async ({ api }) => {
  const { account } = await signUp(api);
  const id = await addMember(api, account, member);
  const payload = { role: "admin", state: "active", email: "olafur@quay.test" };
  const response = await api.send("PUT", `/accounts/${account}/users/${id}.json`, { payload });

  expect(response.json().user).toMatchObject({ role: "member", state: "pending", email: "olafur@quay.test" });
});

test("a blank email address changes nothing for a user without one, and is refused for others", async ({ api }) => {
  const { account, admin } = await signUp(api);
  const other = await addMember(api, account, member);
  for (const email of ["", null]) {
    const send = (id: number, username: string) =>
      api.send("PUT", `/accounts/${account}/users/${id}.json`, { payload: { username, email } });
    const [changed, refused] = [await send(admin, `quay${email}`), await send(other, "olafur")];
    expect([changed.statusCode, changed.json().user?.username]).toEqual([200, `quay${email}`]);
    expect(refused.json()).toEqual({ errors: { email: ["should look like an email address"] } });
  }
});

test("the last admin of an account cannot be deleted, and the error has the reason", async ({ api }) => {
  const { account, admin } = await signUp(api);
  await signUpNeighbour(api);
  const xml = await api.send("DELETE", `/accounts/${account}/users/${admin}.xml`);
  const json = await api.send("DELETE", `/accounts/${account}/users/${admin}.json`);

  expect([xml.statusCode, xml.body]).toEqual([
    403,
    `${xmlDeclaration}<errors><error>Can't delete last admin</error></errors>`,
  ]);
  expect([json.statusCode, json.json()]).toEqual([403, { errors: { base: ["Can't delete last admin"] } }]);
});

test("the last admin cannot become a member, and the error is at `role`", async ({ api }) => {
  const { account, admin } = await signUp(api);
  await signUpNeighbour(api);
  const response = await api.send("PUT", `/accounts/${account}/users/${admin}/member.json`);

  expect([response.statusCode, response.json()]).toEqual([
    403,
    { errors: { role: ["cannot be taken from the last admin"] } },
  ]);
});

test("a rejected transition returns the unchanged user", async ({ api }) => {
  const { account } = await signUp(api);
  const id = await addMember(api, account, member);
  const json = await api.send("PUT", `/accounts/${account}/users/${id}/suspend.json`);
  const xml = await api.send("PUT", `/accounts/${account}/users/${id}/suspend.xml`);
  const user = await api.send("GET", `/accounts/${account}/users/${id}.xml`);

  expect([json.statusCode, json.json()]).toEqual([
    422,
    {
      error: {
        from: "pending",
        event: "suspend",
        error: 'State cannot transition via "suspend"',
        object: (await api.send("GET", `/accounts/${account}/users/${id}.json`)).json(),
      },
    },
  ]);
  const shown = user.body.slice(xmlDeclaration.length).replace("<extra_fields></extra_fields>", "<extra_fields/>");
  const expectedText = 'State cannot transition via "suspend"';
  const oneLine = `<error><from>pending</from><event>suspend</event><error>${expectedText}</error>${shown}</error>`;
  expect([xml.statusCode, xml.body]).toEqual([422, indentXml(oneLine)]);
});

test("an active user can be activated again, and a suspended user cannot", async ({ api }) => {
  const { account } = await signUp(api);
  const id = await addMember(api, account, member);
  const step = async (name: string): Promise<number> =>
    (await api.send("PUT", `/accounts/${account}/users/${id}/${name}.xml`)).statusCode;

  expect([await step("activate"), await step("activate"), await step("suspend")]).toEqual([200, 200, 200]);
  expect([await step("activate"), await step("unsuspend"), await step("unsuspend")]).toEqual([422, 200, 422]);
});

test("a taken username is rejected by field", async ({ api }) => {
  const { account } = await signUp(api);
  const response = await api.send("POST", `/accounts/${account}/users.json`, {
    payload: { ...member, username: "QUAY" },
  });

  expect([response.statusCode, response.json()]).toEqual([422, { errors: { username: ["has already been taken"] } }]);
});

test("named actions do not accept PATCH", async ({ api }) => {
  const { account, admin } = await signUp(api);

  expect((await api.send("PATCH", `/accounts/${account}/approve.xml`)).statusCode).toBe(404);
  expect((await api.send("PATCH", `/accounts/${account}/users/${admin}.xml`, { payload: {} })).statusCode).toBe(200);
});
