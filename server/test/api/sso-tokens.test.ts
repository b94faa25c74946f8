import { expect } from "vitest";
import { redirectUrlLengthMax } from "#portal/single-sign-on/index.ts";
import { baseDomain, type ProviderApi, test, xmlDeclaration } from "./api-test.ts";
import { createPortalObjects } from "./portal-objects.ts";

const create = (api: ProviderApi, payload: object, more: object = {}) =>
  api.send("POST", "/sso_tokens.json", { payload, ...more });

const errorsOf = async (api: ProviderApi, values: object): Promise<unknown> => {
  const refused = await create(api, { username: "quay", ...values });
  expect(refused.statusCode).toBe(422);
  return refused.json().errors;
};

test("an SSO token has 3scale's elements: the address in XML, and the token, too, in JSON", async ({ api, clock }) => {
  const { user } = await createPortalObjects(api);
  const xml = await api.send("POST", "/sso_tokens.xml", { payload: { user_id: user } });
  const [, encoded = ""] = /<sso_url>(.*)<\/sso_url>/.exec(xml.body) ?? [];
  const url = new URL(encoded.replaceAll("&amp;", "&"));
  expect([xml.statusCode, xml.headers.location, xml.body]).toEqual([
    201,
    undefined,
    `${xmlDeclaration}<sso_url>${encoded}</sso_url>`,
  ]);
  expect([url.origin, url.pathname]).toEqual([`https://${api.provider.subdomain}.${baseDomain}`, "/session/create"]);
  expect(Number(url.searchParams.get("expires_at"))).toBe(Math.floor(clock.now().getTime() / 1000) + 600);

  const json = await create(api, { sso_token: { username: "QUAY", expires_in: "86400", protocol: "http" } });
  const { sso_url: address, token } = json.json().sso_token;
  expect([json.statusCode, Object.keys(json.json().sso_token)]).toEqual([201, ["sso_url", "token"]]);
  expect(address).toBe(
    `http://${api.provider.subdomain}.${baseDomain}/session/create?expires_at=${Math.floor(clock.now().getTime() / 1000) + 86_400}&token=${token}`,
  );
});

const noPage = "is invalid: use a path of the Developer Portal, or a URL with http or https";
const nobody = "is invalid: there is no such developer";

test("each wrong choice is named, and a token of another provider's developer is not made", async ({
  api,
  otherApi,
}) => {
  const { user } = await createPortalObjects(api);
  await createPortalObjects(otherApi);
  for (const [name, wrong, text] of [
    ["expires_in", 30, "must be greater than 30"],
    ["expires_in", 86_401, "must be less than or equal to 86400"],
    ["expires_in", 60.5, "must be an integer"],
    ["expires_in", "soon", "is not a number"],
    ["protocol", "ftp", "is not included in the list"],
    ["redirect_url", "javascript:alert(1)", noPage],
    ["redirect_url", "http:", noPage],
    ["redirect_url", "applications", noPage],
    ["redirect_url", "//elsewhere.example/", noPage],
    ["redirect_url", "/\\elsewhere.example/", noPage],
    ["redirect_url", "/\t/elsewhere.example/", noPage],
    ["redirect_url", "https://name:password@elsewhere.example/", noPage],
    ["redirect_url", `/${"a".repeat(redirectUrlLengthMax)}`, "is too long (maximum is 2048 characters)"],
    ["username", "nobody", nobody],
    ["username", "zero\0byte", nobody],
    ["user_id", 999, nobody],
    ["user_id", "quay", nobody],
  ] as const) {
    expect([name, wrong, await errorsOf(api, { [name]: wrong })]).toEqual([name, wrong, { [name]: [text] }]);
  }
  expect(await errorsOf(api, { username: " ", protocol: "gopher" })).toEqual({
    base: ["user_id or username is required"],
    protocol: ["is not included in the list"],
  });
  expect(await errorsOf(otherApi, { user_id: user })).toEqual({ user_id: [nobody] });
  expect((await create(api, {})).statusCode).toBe(400);
});

test("who gets an SSO token is audited, without the token", async ({ api }) => {
  const { user } = await createPortalObjects(api);
  await create(api, { user_id: user, username: "nobody" });
  await errorsOf(api, { username: "nobody" });
  const records = await api.pool.query<{ subject: string; detail: object }>(
    "select subject, detail from audit_records where provider_id = $1 and action = 'sso-token.created'",
    [api.provider.id],
  );
  expect(records).toEqual([{ subject: `user/${user}`, detail: { expiresAt: expect.stringMatching(/T.*Z$/) } }]);
});

test("a program that may change developers gets SSO tokens, and one that may only read gets none", async ({ api }) => {
  await createPortalObjects(api);
  const statusWith = async (token: string): Promise<number> =>
    (await create(api, { username: "quay" }, { headers: { authorization: `Bearer ${token}` } })).statusCode;
  expect(await statusWith(await api.addToken({ role: "member", sections: ["partners"] }))).toBe(201);
  expect(await statusWith(await api.addToken({ role: "member", sections: ["plans"] }))).toBe(403);
  expect(await statusWith(await api.addToken({ permission: "ro" }))).toBe(403);
});
