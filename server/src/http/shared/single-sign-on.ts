import { createHmac } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Audience, createNetworkLimiter, type NetworkLimiter } from "#access/index.ts";
import type { Clock } from "#platform/clock.ts";
import type { Database } from "#platform/database/database.ts";
import { isRecord } from "#platform/document.ts";
import type { Encryption } from "#platform/encryption.ts";
import { attemptLimits } from "#platform/limits.ts";
import type { Provider } from "#portal/providers/index.ts";
import {
  type AccountType,
  type AuthenticationProvider,
  beginLogIn,
  callbackUrl,
  completeLogIn,
  findPublishedProvider,
  type Identity,
  IdentityProviderUnreachable,
  LogInError,
  type LogInSecrets,
  listPublishedProviders,
  newLogInSecrets,
} from "#portal/single-sign-on/index.ts";
import type { GivenRequestSender } from "#webhooks/attempts/index.ts";
import { isSameSecret, queryString, readCookie, readForm, setCookie } from "./forms.ts";
import type { PortalNeeds } from "./pages.ts";
import { isLoopback } from "./sign-in.ts";

type Fetch = Parameters<typeof beginLogIn>[0]["fetch"];

/** A request may take this long, with its connection and its response. */
const timeoutSeconds = 10;

/** Sends requests to identity providers with the guard, the name resolver and the limits of deliveries. Follows no redirect. */
export const createIdentityFetch =
  (sender: GivenRequestSender): Fetch =>
  async (url, { method, headers, body }) => {
    const outcome = await sender.sendGiven({
      url,
      method,
      headers: [...new Headers(headers)].flat(),
      body: Buffer.from(body instanceof URLSearchParams || typeof body === "string" ? body.toString() : ""),
      timeoutSeconds,
    });
    if (outcome.kind !== "answered") throw new IdentityProviderUnreachable("no response");
    if (outcome.isCut) throw new IdentityProviderUnreachable("the response is too long");
    // Others are no statuses of a `Response`.
    const status = outcome.status >= 200 && outcome.status <= 599 ? outcome.status : 502;
    const hasBody = status !== 204 && status !== 205 && status !== 304;
    return new Response(hasBody ? Buffer.from(outcome.body) : null, { status, headers: { ...outcome.headers } });
  };

/** The dependencies of the log-in with identity providers, which both portals have. */
export interface SingleSignOnNeeds extends Omit<PortalNeeds, "passwords" | "mailIsSent"> {
  readonly encryption: Encryption;
  readonly fetchIdentity: Fetch;
}

const accountTypes = { developer: "developer", admin: "provider" } as const satisfies Record<Audience, AccountType>;

/** The cookies of a log-in that has begun, and of a person who has logged in without being a user yet. */
const cookieNames = {
  begun: { developer: "bellwire_sso", admin: "bellwire_sso_admin" },
  person: { developer: "bellwire_person", admin: "bellwire_person_admin" },
} as const;

type CookieKind = keyof typeof cookieNames;

/** Long enough to log in at the identity provider with a second factor, and to fill in the sign-up form. */
const cookieSeconds = { begun: 15 * 60, person: 60 * 60 } as const satisfies Record<CookieKind, number>;

interface CookieNeeds {
  readonly cookieSecret: Buffer;
  readonly secureCookies: boolean;
  readonly clock: Pick<Clock, "now">;
}

interface CookiePlace {
  readonly kind: CookieKind;
  readonly audience: Audience;
}

/** Signs for one kind of cookie, portal and provider, so that it is worthless in any other place. */
const sign = (secret: Buffer, { kind, audience }: CookiePlace, providerId: number, text: string): string =>
  createHmac("sha256", secret).update(`single sign-on ${kind} ${audience} ${providerId} ${text}`).digest("base64url");

function writeSigned(
  { cookieSecret, secureCookies, clock }: CookieNeeds,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  place: CookiePlace,
  content: object,
): void {
  const text = Buffer.from(JSON.stringify({ ...content, issuedAtMs: clock.now().getTime() })).toString("base64url");
  setCookie(reply, cookieNames[place.kind][place.audience], {
    value: `${text}.${sign(cookieSecret, place, request.provider.id, text)}`,
    isSecure: secureCookies,
    seconds: cookieSeconds[place.kind],
  });
}

/** Returns the content of a cookie that this portal has signed recently, for this provider. */
function readSigned(
  { cookieSecret, clock }: CookieNeeds,
  request: FastifyRequest,
  place: CookiePlace,
): Readonly<Record<string, unknown>> | undefined {
  const value = readCookie(request, cookieNames[place.kind][place.audience]) ?? "";
  const [text = "", signature = ""] = value.split(".", 2);
  if (!isSameSecret(signature, sign(cookieSecret, place, request.provider.id, text))) return undefined;
  const content: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
  if (!isRecord(content) || typeof content["issuedAtMs"] !== "number") return undefined;
  const age = clock.now().getTime() - content["issuedAtMs"];
  return age <= cookieSeconds[place.kind] * 1000 ? content : undefined;
}

const forget = ({ secureCookies }: CookieNeeds, reply: FastifyReply, { kind, audience }: CookiePlace): void =>
  setCookie(reply, cookieNames[kind][audience], { value: "", isSecure: secureCookies, seconds: 0 });

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** A failed log-in, for a page. */
export interface Refused {
  readonly status: number;
  readonly title: string;
  readonly text: string;
  readonly retryAfterSeconds?: number;
}

const unknownProvider: Refused = {
  status: 404,
  title: "This log-in is not available",
  text: "It may have been removed or renamed. Choose another one.",
};

const begunElsewhere: Refused = {
  status: 403,
  title: "Please log in again",
  text: "This log-in was begun in another browser or tab, more than 15 minutes ago, or has been used already. Nothing was changed.",
};

const failures = {
  refused: ({ name }: Pick<AuthenticationProvider, "name">): Refused => ({
    status: 403,
    title: "You are not logged in",
    text: `${name} did not log you in: it was cancelled, or you may not use it here.`,
  }),
  unreachable: ({ name }: Pick<AuthenticationProvider, "name">): Refused => ({
    status: 502,
    title: "You are not logged in",
    text: `${name} cannot be reached at the moment. Please try again later.`,
  }),
  invalid: ({ name }: Pick<AuthenticationProvider, "name">): Refused => ({
    status: 502,
    title: "You are not logged in",
    text: `${name} sent an answer that cannot be used. Please try again. If it happens again, its set-up has to be corrected.`,
  }),
} as const;

/** Logs a failure by its code, and words it for the page. Rethrows bugs. */
function explainFailure(request: FastifyRequest, provider: AuthenticationProvider, error: unknown): Refused {
  if (!(error instanceof LogInError)) throw error;
  request.log.info(
    { authenticationProvider: provider.name, reason: error.code },
    "a log-in at an identity provider failed",
  );
  return failures[error.failure](provider);
}

const paths = { developer: "/auth", admin: "/p/auth" } as const satisfies Record<Audience, string>;

/** A link that begins a log-in. */
export interface LogInLink {
  readonly name: string;
  readonly href: string;
}

/** A published authentication provider of a portal. */
export type LogInOffer = Pick<AuthenticationProvider, "name" | "systemName">;

/** Lists those of a portal, oldest first. */
export const listLogInOffers = (db: Database, providerId: number, audience: Audience): Promise<LogInOffer[]> =>
  listPublishedProviders(db, { providerId, accountType: accountTypes[audience] });

/** Returns a link for each. `query` is kept until the log-in has ended. */
export function logInLinks(
  offers: readonly LogInOffer[],
  audience: Audience,
  query: { readonly return_to?: string; readonly invitation?: string },
): readonly LogInLink[] {
  const kept = new URLSearchParams(Object.entries(query).filter(([, text]) => text !== "")).toString();
  return offers.map(({ name, systemName }) => ({
    name,
    href: `${paths[audience]}/${systemName}${kept === "" ? "" : `?${kept}`}`,
  }));
}

/** Browsers drop a cookie of more than 4096 bytes, and base64 makes four of three. */
const keptBytesMax = 2048;

/** Returns the query that is kept until the log-in has ended. One that is too long for a cookie is not. */
function keptQuery({ query }: FastifyRequest): Readonly<Record<string, string>> {
  const form = readForm(query);
  return Buffer.byteLength(JSON.stringify([form["return_to"], form["invitation"]])) <= keptBytesMax ? form : {};
}

export interface SingleSignOnVisit {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** The beginning and the end of log-ins with identity providers, in one portal. */
export class SingleSignOn {
  readonly #needs: SingleSignOnNeeds;
  readonly #audience: Audience;
  readonly #limiter: NetworkLimiter;

  constructor(needs: SingleSignOnNeeds, audience: Audience) {
    this.#needs = needs;
    this.#audience = audience;
    this.#limiter = createNetworkLimiter(needs, attemptLimits.signInsOfNetwork);
  }

  /** Returns the address to redirect the browser to. */
  async begin({ request, reply }: SingleSignOnVisit): Promise<Refused | { readonly redirectTo: string }> {
    // The same counter as that of passwords.
    const limited = await this.#secondsToWait(request, "");
    if (limited) return limited;
    const found = await this.#find(request);
    if (!found) return unknownProvider;
    const secrets = newLogInSecrets();
    const { return_to: returnTo = "", invitation = "" } = keptQuery(request);
    try {
      const logIn = { client: found, fetch: this.#needs.fetchIdentity, secrets };
      const address = await beginLogIn(logIn, this.#callbackOf(request.provider, found));
      const begun = { ...secrets, authenticationProviderId: found.id, returnTo, invitation };
      writeSigned(this.#needs, { request, reply }, { kind: "begun", audience: this.#audience }, begun);
      return { redirectTo: address.href };
    } catch (error) {
      return explainFailure(request, found, error);
    }
  }

  /** Returns true if the Admin Portal has to answer. Without a base domain, both portals have the same host, and so the same callbacks. */
  async isOfAdminPortal(request: FastifyRequest): Promise<boolean> {
    if (request.side !== "both") return request.side === "admin";
    return (await this.#find(request, "admin")) !== undefined;
  }

  /** Ends a log-in that the same browser has begun, once. Returns the person. */
  async complete({ request, reply }: SingleSignOnVisit): Promise<Refused | LoggedIn> {
    const limited = await this.#secondsToWait(request, "callback ");
    if (limited) return limited;
    const found = await this.#find(request);
    if (!found) return unknownProvider;
    const begun = readSigned(this.#needs, request, { kind: "begun", audience: this.#audience });
    forget(this.#needs, reply, { kind: "begun", audience: this.#audience });
    const secrets = begun && secretsOf(begun);
    const isOwn =
      secrets !== undefined &&
      begun?.["authenticationProviderId"] === found.id &&
      isSameSecret(new URLSearchParams(queryString(request)).get("state") ?? "", secrets.state);
    if (!isOwn) return begunElsewhere;
    const callback = new URL(this.#callbackOf(request.provider, found));
    callback.search = queryString(request);
    try {
      const identity = await completeLogIn({ client: found, fetch: this.#needs.fetchIdentity, secrets }, callback);
      const { returnTo, invitation } = begun;
      return { authenticationProvider: found, identity, returnTo: textOf(returnTo), invitation: textOf(invitation) };
    } catch (error) {
      return explainFailure(request, found, error);
    }
  }

  async #secondsToWait({ ip, provider }: FastifyRequest, step: string): Promise<Refused | undefined> {
    const key = `${step}${this.#audience} ${provider.id}`;
    const seconds = isLoopback(ip) ? 0 : await this.#limiter.secondsToWait(ip, key);
    if (seconds === 0) return undefined;
    return {
      status: 429,
      title: "Too many log-ins",
      text: "There were too many log-ins from your network. Please try again in some minutes.",
      retryAfterSeconds: seconds,
    };
  }

  #find(request: FastifyRequest, audience = this.#audience): Promise<AuthenticationProvider | undefined> {
    const { system_name: systemName = "" } = readForm(request.params);
    const accountType = accountTypes[audience];
    return findPublishedProvider(this.#needs, { providerId: request.provider.id, accountType, systemName });
  }

  #callbackOf(provider: Provider, found: AuthenticationProvider): string {
    const { developerPortalUrl, adminPortalUrl } = this.#needs;
    return callbackUrl(found, { developer: developerPortalUrl(provider), provider: adminPortalUrl(provider) });
  }
}

/** A person who has logged in at an identity provider, and the reason. */
export interface LoggedIn {
  readonly authenticationProvider: AuthenticationProvider;
  readonly identity: Identity;
  /** Not checked yet. */
  readonly returnTo: string;
  /** The code of the invitation that the log-in began at, or an empty text. */
  readonly invitation: string;
}

function secretsOf(begun: Readonly<Record<string, unknown>>): LogInSecrets | undefined {
  const { state, nonce, codeVerifier } = begun;
  return typeof state === "string" && typeof nonce === "string" && typeof codeVerifier === "string"
    ? { state, nonce, codeVerifier }
    : undefined;
}

/** A person who has logged in at an identity provider, and is to sign up, join or prove to be a user. */
export type KnownPerson = Pick<LoggedIn, "authenticationProvider" | "identity">;

/** Keeps the person in the browser, until the form that follows is submitted. */
export function rememberPerson(
  needs: CookieNeeds,
  visit: SingleSignOnVisit,
  { authenticationProvider, identity }: KnownPerson,
): void {
  const { id, systemName, updatedAt } = authenticationProvider;
  const content = { ...identity, authenticationProvider: { id, systemName, changedAtMs: updatedAt.getTime() } };
  writeSigned(needs, visit, { kind: "person", audience: "developer" }, content);
}

export const forgetPerson = (needs: CookieNeeds, reply: FastifyReply): void =>
  forget(needs, reply, { kind: "person", audience: "developer" });

/** Returns the person in the browser, unless the authentication provider has been changed meanwhile: the subject may be another's now. */
export async function readPerson(
  needs: CookieNeeds & { readonly pool: Database; readonly encryption: Encryption },
  request: FastifyRequest,
): Promise<KnownPerson | undefined> {
  const content = readSigned(needs, request, { kind: "person", audience: "developer" });
  const known = content?.["authenticationProvider"];
  if (!content || !isRecord(known)) return undefined;
  const authenticationProvider = await findPublishedProvider(needs, {
    providerId: request.provider.id,
    accountType: "developer",
    systemName: textOf(known["systemName"]),
  });
  const subject = textOf(content["subject"]);
  const isSame =
    authenticationProvider?.id === known["id"] && authenticationProvider?.updatedAt.getTime() === known["changedAtMs"];
  if (!authenticationProvider || !isSame || subject === "") return undefined;
  const identity: Identity = {
    subject,
    email: textOf(content["email"]) || null,
    isEmailVerified: content["isEmailVerified"] === true,
    username: textOf(content["username"]) || null,
    orgName: textOf(content["orgName"]) || null,
  };
  return { authenticationProvider, identity };
}
