import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientError,
  ClientSecretPost,
  Configuration,
  customFetch,
  type CustomFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchProtectedResource,
  fetchUserInfo,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from "openid-client";
import { isRecord } from "#platform/document.ts";
import { isXmlText } from "#platform/xml.ts";
import { emailErrors } from "#portal/fields/index.ts";
import { type AuthenticationProvider, serverOf } from "./authentication-provider.ts";

/** A person as an identity provider knows them. */
export interface Identity {
  /** Never changes, and no other person of the identity provider has it. */
  readonly subject: string;
  readonly email: string | null;
  /** The identity provider has verified that the address is the person's, or is trusted to have only such. */
  readonly isEmailVerified: boolean;
  readonly username: string | null;
  readonly orgName: string | null;
}

/** The secrets of one log-in. They stay in the browser that began it. */
export interface LogInSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

export const newLogInSecrets = (): LogInSecrets => ({
  state: randomState(),
  nonce: randomNonce(),
  codeVerifier: randomPKCECodeVerifier(),
});

/** Why a log-in failed: the person or the identity provider refused it, it cannot be reached, or its answers are wrong. */
export type LogInFailure = "refused" | "unreachable" | "invalid";

/** A failed log-in. The code names the error for the log, without anything that the identity provider sent. */
export class LogInError extends Error {
  override readonly name = "LogInError";
  readonly failure: LogInFailure;
  readonly code: string;

  constructor(failure: LogInFailure, code: string, options?: ErrorOptions) {
    super(`the log-in failed: ${code}`, options);
    this.failure = failure;
    this.code = code;
  }
}

/** The request did not reach the identity provider, or its response did not end within the limits. Thrown by the fetch function. */
export class IdentityProviderUnreachable extends Error {
  override readonly name = "IdentityProviderUnreachable";
}

type Client = Pick<
  AuthenticationProvider,
  | "kind"
  | "clientId"
  | "clientSecret"
  | "site"
  | "tokenUrl"
  | "userInfoUrl"
  | "authorizeUrl"
  | "identifierKey"
  | "usernameKey"
  | "trustEmail"
>;

/** Seconds until a request to the identity provider is given up: a person waits for it. */
const timeoutSeconds = 10;

interface LogIn {
  readonly client: Client;
  readonly fetch: CustomFetch;
  readonly secrets: LogInSecrets;
}

/** Returns the address to which the browser is sent. */
export async function beginLogIn({ client, fetch, secrets }: LogIn, redirectUri: string): Promise<URL> {
  const known = protocolOf(client);
  return withReason(async () => {
    const configuration = await known.configure(fetch);
    return buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      state: secrets.state,
      code_challenge: await calculatePKCECodeChallenge(secrets.codeVerifier),
      code_challenge_method: "S256",
      ...(known.scope === undefined ? {} : { scope: known.scope }),
      ...(known.isOpenId ? { nonce: secrets.nonce } : {}),
    });
  });
}

/** Exchanges the code in the address that the browser was sent back to. Returns the person who has logged in. */
export async function completeLogIn({ client, fetch, secrets }: LogIn, callback: URL): Promise<Identity> {
  const known = protocolOf(client);
  return withReason(async () => {
    const configuration = await known.configure(fetch);
    const tokens = await authorizationCodeGrant(configuration, callback, {
      expectedState: secrets.state,
      pkceCodeVerifier: secrets.codeVerifier,
      ...(known.isOpenId ? { expectedNonce: secrets.nonce, idTokenExpected: true } : {}),
    });
    // Any other character cannot be sent in a header.
    if (!/^[\x20-\x7e]+$/.test(tokens.access_token)) throw new LogInError("invalid", "token_malformed");
    const claims = { ...tokens.claims() };
    const info = await known.readUserInfo(configuration, { accessToken: tokens.access_token, claims });
    return identityOf(known, client, info);
  });
}

type Claims = Readonly<Record<string, unknown>>;

interface Tokens {
  readonly accessToken: string;
  /** In the ID token. Empty for plain OAuth 2. */
  readonly claims: Claims;
}

/** The differences between the kinds of identity providers. */
interface Protocol {
  readonly isOpenId: boolean;
  readonly scope: string | undefined;
  readonly configure: (fetch: CustomFetch) => Promise<Configuration>;
  readonly readUserInfo: (configuration: Configuration, tokens: Tokens) => Promise<Claims>;
  /** The properties of the user info, the first that the person has. */
  readonly subjectKey: string;
  readonly usernameKeys: readonly string[];
}

function protocolOf(client: Client): Protocol {
  if (client.clientSecret === null) throw new LogInError("invalid", "secret_undecryptable");
  switch (client.kind) {
    case "keycloak":
    case "auth0":
      return openIdConnect(client, client.clientSecret);
    case "github":
      return gitHub(client, client.clientSecret);
    default:
      return plainOAuth(client, client.clientSecret);
  }
}

/** Plain HTTP is possible only if the provider has configured it: discovered endpoints of an HTTPS site must have HTTPS, too. */
const isInsecure = (url: string): boolean => new URL(url).protocol === "http:";

function openIdConnect({ kind, clientId, site }: Client, clientSecret: string): Protocol {
  const issuer = serverOf({ kind, site });
  const discoverAt = (fetch: CustomFetch, url: string): Promise<Configuration> =>
    discovery(new URL(url), clientId, {}, ClientSecretPost(clientSecret), {
      [customFetch]: fetch,
      timeout: timeoutSeconds,
      // ID tokens are verified by their signatures, too, and not only because they come from the token endpoint.
      execute: [enableNonRepudiationChecks, ...(isInsecure(issuer) ? [allowInsecureRequests] : [])],
    });
  return {
    isOpenId: true,
    scope: "openid profile email",
    configure: (fetch) =>
      discoverAt(fetch, issuer).catch((error: unknown) => {
        // Keycloak calls itself by a URL without a slash at the end, and others with one. The document is at the same place.
        if (isOfOtherIssuer(error)) return discoverAt(fetch, `${issuer}/`);
        throw error;
      }),
    readUserInfo: async (configuration, { accessToken, claims }) => {
      const subject = textOf(claims["sub"]);
      if (subject === undefined) throw new LogInError("invalid", "no_subject");
      if (configuration.serverMetadata().userinfo_endpoint === undefined) return claims;
      const info = await fetchUserInfo(configuration, accessToken, subject);
      // The ID token says nothing about an address that only the user info has.
      const own = "email" in info ? { email_verified: info.email_verified } : {};
      return { ...claims, ...info, ...own };
    },
    subjectKey: "sub",
    usernameKeys: kind === "auth0" ? ["nickname"] : ["username", "preferred_username"],
  };
}

const isOfOtherIssuer = (error: unknown): boolean =>
  error instanceof Error &&
  causesOf(error).some((each) => "code" in each && each.code === "OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED");

interface Endpoints {
  readonly authorize: string;
  readonly token: string;
}

function configureWith(
  { authorize, token }: Endpoints,
  { clientId, clientSecret }: { clientId: string; clientSecret: string },
) {
  return async (fetch: CustomFetch): Promise<Configuration> => {
    const server = { issuer: new URL(authorize).origin, authorization_endpoint: authorize, token_endpoint: token };
    const configuration = new Configuration(server, clientId, {}, ClientSecretPost(clientSecret));
    configuration[customFetch] = fetch;
    configuration.timeout = timeoutSeconds;
    if (isInsecure(authorize) || isInsecure(token)) allowInsecureRequests(configuration);
    return configuration;
  };
}

async function readJson(configuration: Configuration, accessToken: string, url: string): Promise<unknown> {
  const headers = new Headers({ accept: "application/json" });
  const response = await fetchProtectedResource(configuration, accessToken, new URL(url), "GET", undefined, headers);
  if (response.status !== 200) throw new LogInError("invalid", `user_info_status_${response.status}`);
  return response.json().catch((cause: unknown) => {
    throw new LogInError("invalid", "user_info_no_json", { cause });
  });
}

/** GitHub, or a GitHub Enterprise Server at `site`. */
function gitHub({ clientId, site }: Client, clientSecret: string): Protocol {
  const server = serverOf({ kind: "github", site });
  const api = server === serverOf({ kind: "github", site: null }) ? "https://api.github.com" : `${server}/api/v3`;
  const endpoints = { authorize: `${server}/login/oauth/authorize`, token: `${server}/login/oauth/access_token` };
  return {
    isOpenId: false,
    scope: "user:email",
    configure: configureWith(endpoints, { clientId, clientSecret }),
    readUserInfo: async (configuration, { accessToken }) => {
      const [user, emails] = await Promise.all([
        readJson(configuration, accessToken, `${api}/user`),
        readJson(configuration, accessToken, `${api}/user/emails`),
      ]);
      // The address in the profile is not always a verified one.
      const primary = Array.isArray(emails)
        ? emails.find((each) => isRecord(each) && each["primary"] === true)
        : undefined;
      const { email, verified } = isRecord(primary) ? { email: primary["email"], verified: primary["verified"] } : {};
      return isRecord(user) ? { ...user, email, email_verified: verified, org_name: user["company"] } : {};
    },
    subjectKey: "id",
    usernameKeys: ["login"],
  };
}

function plainOAuth(client: Client, clientSecret: string): Protocol {
  const { clientId, authorizeUrl, tokenUrl, userInfoUrl, identifierKey, usernameKey } = client;
  if (authorizeUrl === null || tokenUrl === null || userInfoUrl === null)
    throw new LogInError("invalid", "endpoints_missing");
  return {
    isOpenId: false,
    scope: undefined,
    configure: configureWith({ authorize: authorizeUrl, token: tokenUrl }, { clientId, clientSecret }),
    readUserInfo: async (configuration, { accessToken }) => {
      const info = await readJson(configuration, accessToken, userInfoUrl);
      return isRecord(info) ? info : {};
    },
    subjectKey: identifierKey,
    usernameKeys: usernameKey === null ? [] : [usernameKey],
  };
}

const textMax = 255;

/** Returns a text or a number as a text that can be stored. */
function textOf(claim: unknown): string | undefined {
  if (typeof claim === "number" && !Number.isSafeInteger(claim)) return undefined;
  const text = typeof claim === "string" || typeof claim === "number" ? String(claim) : "";
  return text.trim() !== "" && text.length <= textMax && isXmlText(text) ? text : undefined;
}

function identityOf({ subjectKey, usernameKeys }: Protocol, { trustEmail }: Client, info: Claims): Identity {
  // Only the person's own properties: a key such as `constructor` names none.
  const claim = (name: string): string | undefined => (Object.hasOwn(info, name) ? textOf(info[name]) : undefined);
  const subject = claim(subjectKey);
  if (subject === undefined) throw new LogInError("invalid", "no_subject");
  const email = claim("email")?.trim();
  const isAddress = email !== undefined && emailErrors(email).length === 0;
  return {
    subject,
    email: isAddress ? email : null,
    isEmailVerified: isAddress && (info["email_verified"] === true || trustEmail),
    username: usernameKeys.map(claim).find((name) => name !== undefined) ?? null,
    orgName: claim("org_name") ?? null,
  };
}

/** Runs a step of a log-in. What the identity provider causes becomes a `LogInError`. */
async function withReason<Result>(step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    throw error instanceof LogInError ? error : reasonOf(error);
  }
}

/** Names an error of the library. Its message and its cause may contain tokens, so they are left out. */
function reasonOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  // The library copies the discovery document recursively, and 64 KiB are enough brackets to exhaust the stack.
  if (error instanceof RangeError) return new LogInError("invalid", "too_deep");
  const chain = causesOf(error);
  if (chain.some((each) => each instanceof IdentityProviderUnreachable || each.name === "TimeoutError"))
    return new LogInError("unreachable", "unreachable");
  const codes = chain.flatMap((each) => ("error" in each && typeof each.error === "string" ? [each.error] : []));
  if (codes.includes("access_denied")) return new LogInError("refused", "access_denied");
  const own = chain.find((each) => "code" in each && typeof each.code === "string");
  if (!own || !("code" in own)) {
    // The library has no code for a signed answer of which it cannot know the algorithm. Anything else is a bug of ours.
    return error instanceof ClientError ? new LogInError("invalid", "algorithm_unknown") : error;
  }
  return new LogInError(
    "invalid",
    [String(own.code), ...codes.filter((code) => /^[a-z_]{1,40}$/.test(code))].join(" "),
  );
}

function causesOf(error: Error): readonly Error[] {
  const { cause } = error;
  return [error, ...(cause instanceof Error && cause !== error ? causesOf(cause) : [])];
}
