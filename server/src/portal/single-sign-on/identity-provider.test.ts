import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { expect, test } from "vitest";
import { beginLogIn, completeLogIn, newLogInSecrets } from "./identity-provider.ts";

const issuer = "https://sso.acme.example/realms/staff";
const callback = "https://acme.example/auth/staff/callback";
const client = {
  kind: "keycloak",
  clientId: "portal",
  clientSecret: "low tide",
  site: `${issuer}/`, // people add a slash
  tokenUrl: null,
  userInfoUrl: null,
  authorizeUrl: null,
  identifierKey: "id",
  usernameKey: "login",
  trustEmail: false,
};

const own = generateKeyPairSync("rsa", { modulusLength: 2048 });
const foreign = generateKeyPairSync("rsa", { modulusLength: 2048 });
const secrets = newLogInSecrets();
const nowSeconds = Math.floor(Date.now() / 1000);

const claims = {
  iss: issuer,
  aud: client.clientId,
  sub: "p-1",
  nonce: secrets.nonce,
  iat: nowSeconds,
  exp: nowSeconds + 60,
  preferred_username: "nora",
};

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function signed(content: object, key: KeyObject = own.privateKey): string {
  const text = `${encode({ alg: "RS256" })}.${encode(content)}`;
  return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`;
}

function signedWithSecret(content: object): string {
  const text = `${encode({ alg: "HS256" })}.${encode(content)}`;
  return `${text}.${createHmac("sha256", client.clientSecret).update(text).digest("base64url")}`;
}

interface Answers {
  readonly idToken?: string;
  readonly token?: object;
  readonly tokenStatus?: number;
  readonly info?: object;
  readonly server?: object;
}

/** Answers as an OpenID provider, from memory. */
const answering =
  ({ idToken, token, tokenStatus = 200, info = { sub: "p-1" }, server }: Answers) =>
  async (url: string): Promise<Response> => {
    const endpoint = (name: string): string => `${issuer}/${name}`;
    const answers: Readonly<Record<string, object>> = {
      [`${issuer}/.well-known/openid-configuration`]: {
        issuer,
        authorization_endpoint: endpoint("auth"),
        token_endpoint: endpoint("token"),
        userinfo_endpoint: endpoint("me"),
        jwks_uri: endpoint("keys"),
        ...server,
      },
      [endpoint("keys")]: { keys: [{ ...own.publicKey.export({ format: "jwk" }), use: "sig", alg: "RS256" }] },
      [endpoint("token")]: token ?? { access_token: "t", token_type: "bearer", ...(idToken && { id_token: idToken }) },
      [endpoint("me")]: info,
    };
    const status = url === endpoint("token") ? tokenStatus : 200;
    return Response.json(answers[url] ?? {}, { status });
  };

const complete = (answers: Answers, query: Readonly<Record<string, string>> = { code: "c", state: secrets.state }) =>
  completeLogIn(
    { client, fetch: answering(answers), secrets },
    new URL(`${callback}?${new URLSearchParams(query).toString()}`),
  );

test("the browser is sent away with a state, a nonce, and the digest of the verifier alone", async () => {
  const { href, searchParams } = await beginLogIn({ client, fetch: answering({}), secrets }, callback);
  expect(Object.fromEntries(searchParams)).toEqual({
    client_id: "portal",
    response_type: "code",
    redirect_uri: callback,
    scope: "openid profile email",
    state: secrets.state,
    nonce: secrets.nonce,
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge_method: "S256",
  });
  expect(href).not.toContain(secrets.codeVerifier);
});

test.each(["javascript:alert(1)", "http://sso.acme.example/auth", "auth"])(
  "the browser is not sent to the discovered endpoint %s",
  async (endpoint) => {
    const fetch = answering({ server: { authorization_endpoint: endpoint } });
    await expect(beginLogIn({ client, fetch, secrets }, callback)).rejects.toMatchObject({ failure: "invalid" });
  },
);

test("a discovery document that is too deep for the library is a wrong answer, and no error of ours", async () => {
  const depth = 20_000;
  const text = JSON.stringify(await (await answering({})(`${issuer}/.well-known/openid-configuration`)).json());
  const deep = text.replace(/}$/, `,"deep":${"[".repeat(depth)}${"]".repeat(depth)}}`);
  const fetch = async () => new Response(deep, { headers: { "content-type": "application/json" } });
  const code = "too_deep";
  await expect(beginLogIn({ client, fetch, secrets }, callback)).rejects.toMatchObject({ failure: "invalid", code });
});

test("a person has the claims of the ID token and of the user info", async () => {
  const info = { sub: "p-1", email: "nora@acme.example", email_verified: true };
  expect(await complete({ idToken: signed(claims), info })).toEqual({
    subject: "p-1",
    email: "nora@acme.example",
    isEmailVerified: true,
    username: "nora",
    orgName: null,
  });
});

test("an issuer may have a slash after its path, although sites are stored without", async () => {
  const idToken = signed({ ...claims, iss: `${issuer}/` });
  expect(await complete({ idToken, server: { issuer: `${issuer}/` } })).toMatchObject({ subject: "p-1" });
});

test("an address of the user info is not verified by the claim of the ID token about another one", async () => {
  const idToken = signed({ ...claims, email: "nora@acme.example", email_verified: true });
  const info = { sub: "p-1", email: "boss@acme.example" };
  expect(await complete({ idToken, info })).toMatchObject({ email: "boss@acme.example", isEmailVerified: false });
  expect(await complete({ idToken })).toMatchObject({ email: "nora@acme.example", isEmailVerified: true });
});

const [header, content] = signed(claims).split(".");

test.each<[string, Answers]>([
  ["of another issuer", { idToken: signed({ ...claims, iss: "https://evil.example" }) }],
  ["for another client", { idToken: signed({ ...claims, aud: "other" }) }],
  ["of another log-in", { idToken: signed({ ...claims, nonce: "other" }) }],
  ["without a nonce", { idToken: signed({ ...claims, nonce: undefined }) }],
  ["that has expired", { idToken: signed({ ...claims, exp: nowSeconds - 600, iat: nowSeconds - 900 }) }],
  ["with another key's signature", { idToken: signed(claims, foreign.privateKey) }],
  ["without a signature", { idToken: `${encode({ alg: "none" })}.${content}.` }],
  ["with an empty signature", { idToken: `${header}.${content}.` }],
  [
    "signed with the client's secret",
    {
      idToken: signedWithSecret(claims),
      server: { id_token_signing_alg_values_supported: ["RS256", "HS256"] },
    },
  ],
  ["that is missing", {}],
  ["of another person than the user info", { idToken: signed(claims), info: { sub: "p-2" } }],
  ["with a discovery document of another issuer", { server: { issuer: "https://evil.example" } }],
  [
    "of a token endpoint without TLS",
    { idToken: signed(claims), server: { token_endpoint: "http://sso.acme.example" } },
  ],
])("an ID token %s is refused", async (_, answers) => {
  await expect(complete(answers)).rejects.toMatchObject({ name: "LogInError", failure: "invalid" });
});

test.each([
  [{ error: "access_denied", error_description: "secret", state: secrets.state }, "refused", "access_denied"],
  [{ code: "c", state: "other" }, "invalid", "OAUTH_INVALID_RESPONSE"],
] as const)("an answer with %j fails as %s", async (query, failure, code) => {
  await expect(complete({ idToken: signed(claims) }, query)).rejects.toMatchObject({ failure, code });
});

test.each(["RS256", "none"])(
  "user info signed by %s, which the discovery document does not announce, is refused",
  async (alg) => {
    const text = `${encode({ alg })}.${encode({ sub: "p-1", email: "nora@acme.example", email_verified: true })}`;
    const jwt = `${text}.${sign("sha256", Buffer.from(text), own.privateKey).toString("base64url")}`;
    const answer = answering({ idToken: signed(claims) });
    const fetch = async (url: string) =>
      url === `${issuer}/me` ? new Response(jwt, { headers: { "content-type": "application/jwt" } }) : answer(url);
    await expect(
      completeLogIn({ client, fetch, secrets }, new URL(`${callback}?code=c&state=${secrets.state}`)),
    ).rejects.toMatchObject({ name: "LogInError", failure: "invalid", code: "algorithm_unknown" });
  },
);

test("the code of a failure names known errors only, and nothing that the identity provider wrote", async () => {
  const failing = (error: string) => complete({ token: { error, error_description: "secret" }, tokenStatus: 400 });
  await expect(failing("invalid_grant")).rejects.toMatchObject({ code: "OAUTH_RESPONSE_BODY_ERROR invalid_grant" });
  await expect(failing("Secret <b>")).rejects.toMatchObject({ code: "OAUTH_RESPONSE_BODY_ERROR" });
});
