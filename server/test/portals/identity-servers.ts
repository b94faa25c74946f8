import { generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import Provider from "oidc-provider";
import { createAuthenticationProvider } from "#portal/single-sign-on/index.ts";
import { encryption } from "../support/build-webhooks.ts";
import type { PortalFixture } from "./portal-test.ts";
import type { PageResponse, Visitor } from "./visitor.ts";

/** The claims of a person. The subject is `sub`. */
export type Person = Readonly<Record<string, unknown>> & { readonly sub: string };

export interface OpenIdProvider extends AsyncDisposable {
  readonly issuer: string;
  /** The next log-ins are this person's. Undefined: it refuses. */
  person: Person | undefined;
  /** Plays the browser at the identity provider. Returns the address that it sends the browser back to. */
  logIn(authorizeUrl: string): Promise<string>;
}

async function listen(server: Server): Promise<{ readonly origin: string; readonly close: () => Promise<void> }> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return {
    origin: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const clientId = "bellwire";
const clientSecret = "low tide in the harbour";
export const client = { client_id: clientId, client_secret: clientSecret };

const jwk = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });

/** Starts a real OpenID provider on loopback, with one client. Its log-in page lets everybody in as `person`. */
export async function startOpenIdProvider(redirectUris: readonly string[]): Promise<OpenIdProvider> {
  const handle: { listener: (request: IncomingMessage, response: ServerResponse) => void } = { listener: () => {} };
  const server = createServer((request, response) => handle.listener(request, response));
  const { origin: issuer, close } = await listen(server);
  const state: { person: Person | undefined } = { person: undefined };
  const provider = new Provider(issuer, {
    clients: [
      { ...client, redirect_uris: [...redirectUris], response_types: ["code"], grant_types: ["authorization_code"] },
    ],
    clientAuthMethods: ["client_secret_post"],
    clientDefaults: { token_endpoint_auth_method: "client_secret_post" },
    jwks: { keys: [{ ...jwk, alg: "RS256", use: "sig" }] },
    cookies: { keys: ["any"] },
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600 },
    claims: { openid: ["sub"], profile: ["preferred_username", "org_name"], email: ["email", "email_verified"] },
    conformIdTokenClaims: false,
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ ...state.person, sub }) }),
    async loadExistingGrant({ oidc }) {
      const grant = new provider.Grant({ clientId, accountId: oidc.session?.accountId ?? "" });
      grant.addOIDCScope("openid profile email");
      await grant.save();
      return grant;
    },
  });
  const callback = provider.callback();
  handle.listener = (request, response) => {
    if (!request.url?.startsWith("/interaction/")) return void callback(request, response);
    const { person } = state;
    const result = person
      ? { login: { accountId: person.sub } }
      : { error: "access_denied", error_description: "cancelled" };
    void provider.interactionFinished(request, response, result);
  };
  return {
    issuer,
    get person() {
      return state.person;
    },
    set person(person) {
      state.person = person;
    },
    logIn: (authorizeUrl) => followUntilBack(issuer, authorizeUrl),
    [Symbol.asyncDispose]: close,
  };
}

/** Follows the redirects of a server, with its cookies, until one leads elsewhere. */
async function followUntilBack(origin: string, url: string): Promise<string> {
  const cookies = new Map<string, string>();
  for (let next = url, hops = 0; hops < 10; hops += 1) {
    if (!next.startsWith(origin)) return next;
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(next, { redirect: "manual", headers: { cookie } });
    for (const header of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (location === null) throw new Error(`${response.status} ${await response.text()}`);
    next = new URL(location, next).href;
  }
  throw new Error("too many redirects");
}

/** A plain OAuth 2 server: GitHub's paths below `origin`, or given ones, with answers that a test chooses. */
export interface OAuthServer extends AsyncDisposable {
  readonly origin: string;
  /** The requests that it has received: method and path. */
  readonly requests: string[];
  /** Answers by path. A text is sent as it is, a function handles the request. */
  answers: Readonly<Record<string, unknown>>;
}

export async function startOAuthServer(): Promise<OAuthServer> {
  const state: { answers: Readonly<Record<string, unknown>> } = { answers: {} };
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "", "http://x");
    requests.push(`${request.method} ${pathname}`);
    const answer = state.answers[pathname];
    if (typeof answer === "function") return void answer(request, response);
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? {}));
  });
  const { origin, close } = await listen(server);
  return {
    origin,
    requests,
    get answers() {
      return state.answers;
    },
    set answers(answers) {
      state.answers = answers;
    },
    [Symbol.asyncDispose]: close,
  };
}

/** Adds a published authentication provider of the Developer Portal. Returns its id. */
export async function addProvider({ pool, provider, clock }: PortalFixture, values: object): Promise<number> {
  const by = { actor: { kind: "system" }, channel: "system", now: clock.now() } as const;
  const created = await createAuthenticationProvider(
    { pool, encryption },
    { providerId: provider.id, accountType: "developer", values: { ...client, published: true, ...values }, by },
  );
  if ("refused" in created) throw new Error(JSON.stringify(created.refused));
  return created.authenticationProvider.id;
}

/** Returns what a redirect leads to, without the host. */
export const pathOf = (url: string | undefined): string => {
  const { pathname, search } = new URL(url ?? "", "https://nowhere");
  return pathname + search;
};

/** Counts the persons that are linked to users. */
export const linkCount = async ({ pool, provider }: PortalFixture): Promise<number> => {
  const [row] = await pool.query<{ links: number }>(
    "select count(*)::integer as links from identities where provider_id = $1",
    [provider.id],
  );
  return row?.links ?? 0;
};

/** Begins a log-in and comes back with a code. */
export async function comeBack(visitor: Visitor, name: string): Promise<PageResponse> {
  const { location = "" } = await visitor.get(`/auth/${name}`);
  const state = new URL(location).searchParams.get("state") ?? "";
  return visitor.get(`/auth/${name}/callback?${new URLSearchParams({ code: "c", state }).toString()}`);
}

/** A plain OAuth 2 server at `origin`. */
export const ofCustom = (origin: string) => ({
  kind: "custom",
  system_name: "hub",
  authorize_url: `${origin}/authorize`,
  token_url: `${origin}/token`,
  user_info_url: `${origin}/me`,
  identifier_key: "uuid",
  username_key: "nick",
});
