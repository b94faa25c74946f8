import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type HashingFor, filterByPassword, type PasswordHasher } from "#access/index.ts";
import {
  createSignInLimits,
  endBrowserSession,
  signInByForm,
  signInPage,
  startBrowserSession,
  type SignInForm,
  wrongLogin,
} from "#http/shared/sign-in.ts";
import { hasSessionToken, isCrossOrigin, readForm, readFormToken, returnPath } from "#http/shared/forms.ts";
import { forgetPerson, type KnownPerson, logInLinks, readPerson } from "#http/shared/single-sign-on.ts";
import type { Database, Transaction } from "#platform/database/database.ts";
import { readAccount } from "#portal/accounts/index.ts";
import { readFieldsDefinitions } from "#portal/fields/index.ts";
import { findUserOfAddress, linkByAddress } from "#portal/single-sign-on/index.ts";
import { type User, type UserWithHash, findUsersByLogin, holdsPassword } from "#portal/users/index.ts";
import {
  type DeveloperPage,
  findDeveloper,
  isOwnForm,
  type Portal,
  readDeveloper,
  showInvalidFormToken,
  showOtherUser,
  shownToName,
  type Visit,
} from "./page.ts";

const landing = { within: "/", fallback: "/account" } as const;

/** A value with its label, as `facts.liquid` renders it. */
export interface Fact {
  readonly label: string;
  readonly text: string;
}

/** Why a visitor's form was refused: the cookie that its token belongs to lasts until the browser is closed. */
export const unverifiedForm =
  "This form was opened before your browser was restarted, or cookies are disabled. Nothing was changed: check the form, and submit it again.";

/** Adds login and logout. */
export function addLoginPages(http: FastifyInstance, portal: Portal): void {
  http.get("/login", async (request, reply) => {
    const { return_to: returnTo = "" } = readForm(request.query);
    if (await findDeveloper(portal, request)) return reply.redirect(returnPath(returnTo, landing), 302);
    return showLoginForm({ portal, request, reply }, { returnTo });
  });
  http.post("/login", async (request, reply) => logIn({ portal, request, reply }));
  http.post("/logout", async (request, reply) => logOut(portal, request, reply));
}

export async function showLoginForm(
  { portal, request, reply }: Visit,
  { interrupted, ...form }: SignInForm & { readonly interrupted?: InterruptedForm },
): Promise<FastifyReply> {
  const { status, data } = signInPage(portal, request, reply, form);
  const person = await readPerson(portal, request);
  const isUser = person && (await findUserOfAddress(portal.pool, request.provider.id, person.identity)) !== undefined;
  const { logIns } = await portal.readOffers(request.provider);
  return portal.showPage(request, reply, {
    template: "login",
    title: form.error === undefined ? "Log in" : "Please check: Log in",
    status,
    data: {
      ...data,
      interrupted,
      log_in_links: logInLinks(logIns, "developer", { return_to: form.returnTo }),
      connecting: isUser && {
        name: person.authenticationProvider.name,
        email: person.identity.email,
      },
      may_request_activation: form.error === unconfirmedEmail,
      refused_state: form.error !== undefined && stateRefusals.has(form.error),
    },
  });
}

/** Logs in with the sent form. Returns the form with an error if that fails, unless another site may have filled it in. */
async function startSession({
  portal,
  request,
  reply,
}: Visit): Promise<
  | { readonly userId: number; readonly csrfToken: string; readonly returnTo: string }
  | { readonly again: SignInForm }
  | { readonly unverified: true }
> {
  const form = readForm(request.body);
  if (!readFormToken(request, form, portal.cookieSecret)) {
    const { username = "", return_to: returnTo = "" } = form;
    return isCrossOrigin(request)
      ? { unverified: true }
      : { again: { status: 403, error: unverifiedForm, username, returnTo } };
  }
  const outcome = await signInByForm(
    {
      ...portal,
      limits: createSignInLimits(portal),
      audience: "developer",
      verify: (login) => signInDeveloper(portal.pool, portal.passwords, login),
      isLoginOf: async ({ providerId, userId, login }) =>
        (await findUsersByLogin(portal.pool, providerId, login)).some(({ user }) => user.id === userId),
    },
    request,
    reply,
  );
  if ("again" in outcome) return outcome;
  const { proof, returnTo } = outcome;
  const person = await readPerson(portal, request);
  const session = await startBrowserSession(portal, request, reply, {
    audience: "developer",
    userId: proof.userId,
    async holds(tx: Transaction) {
      if (!(await holdsPassword(tx, proof))) return false;
      if (person?.identity.isEmailVerified)
        await linkByAddress(tx, { ...linkOf(portal, proof, person), isProved: true });
      return true;
    },
  });
  if (person) forgetPerson(portal, reply);
  if (!session) return { again: { status: 422, error: wrongLogin, returnTo } };
  return { userId: proof.userId, csrfToken: session.csrfToken, returnTo };
}

/** Returns the link of a person who has logged in at an identity provider to a user. */
export const linkOf = (
  { clock }: Pick<Portal, "clock">,
  { providerId, userId }: { readonly providerId: number; readonly userId: number },
  { authenticationProvider, identity: { subject, email } }: KnownPerson,
) => ({ audience: "developer", providerId, userId, authenticationProvider, subject, email, now: clock.now() }) as const;

async function logIn(visit: Visit): Promise<FastifyReply> {
  const started = await startSession(visit);
  if ("unverified" in started) return showInvalidFormToken(visit);
  if ("again" in started) return showLoginForm(visit, started.again);
  return visit.reply.redirect(returnPath(started.returnTo, landing), 303);
}

async function logOut(portal: Portal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const developer = await findDeveloper(portal, request);
  const form = readForm(request.body);
  if (developer && !hasSessionToken(request, form, developer.csrfToken)) {
    const visit = { portal, request, reply, developer };
    if (!isOwnForm(request, form)) return showInvalidFormToken(visit);
    // The same user may have logged in again in another tab since the page was shown.
    if (form[shownToName] !== String(developer.user.id)) return showOtherUser(visit);
  }
  await endBrowserSession(portal, request, reply, "developer");
  return reply.redirect("/", 303);
}

/** A form that was submitted after its session had ended, as hidden inputs of the login. */
interface InterruptedForm {
  readonly path: string;
  readonly inputs: readonly { readonly name: string; readonly value: string }[];
  /** Shown to be copied, because the login may be refused for good: the user or the account may have been suspended. */
  readonly kept: readonly Fact[];
}

/** No field of a provider has a name with a dot. */
const keptPrefix = "kept.";
/** Passwords are entered again, and the new session has its own token. */
const notKept: ReadonlySet<string> = new Set(["password", "password_confirmation", "current_password", "form_token"]);

/** Labels of texts that take long to write, besides the defined fields. */
const ownLabels: ReadonlyMap<string, string> = new Map([
  ["subject", "Subject"],
  ["body", "Message"],
]);

/** Returns the input of a submitted form with the labels of its fields. Reads nothing else, because its user may have lost the permission. */
export async function keptInput(
  pool: Database,
  providerId: number,
  form: Readonly<Record<string, string>>,
): Promise<readonly Fact[]> {
  const definitions = await readFieldsDefinitions(pool, providerId);
  return Object.entries(form).flatMap(([name, text]) => {
    const label = definitions.find((definition) => definition.name === name)?.label ?? ownLabels.get(name);
    return label === undefined || text === "" || notKept.has(name) ? [] : [{ label, text }];
  });
}

/** Shows the login to a developer who submitted a form without a session. The input stays in the page: the server stores none of it. */
export const showInterruptedForm = async (visit: Visit): Promise<FastifyReply> => {
  const inputs = Object.entries(readForm(visit.request.body))
    .filter(([name]) => !notKept.has(name))
    .map(([name, value]) => ({ name: `${keptPrefix}${name}`, value }));
  const interrupted = await interruptedForm(visit, inputs);
  return showLoginForm(visit, { status: 403, returnTo: interrupted.path, interrupted });
};

const interruptedForm = async (
  { portal, request }: Visit,
  inputs: InterruptedForm["inputs"],
): Promise<InterruptedForm> => ({
  path: request.url,
  inputs,
  kept: await keptInput(portal.pool, request.provider.id, withoutPrefix(inputs)),
});

const withoutPrefix = (inputs: InterruptedForm["inputs"]): Readonly<Record<string, string>> =>
  Object.fromEntries(inputs.map(({ name, value }) => [name.slice(keptPrefix.length), value]));

/** Returns true for the login of `showInterruptedForm`, which is sent to the address of the interrupted form. */
export const isInterruptedForm = (form: Readonly<Record<string, string>>): boolean =>
  form[`${keptPrefix}${shownToName}`] !== undefined;

/** Logs in, and shows the interrupted form with its input. Nothing is submitted, and another user gets an empty form. */
export async function resumeForm(visit: Visit, show: DeveloperPage): Promise<FastifyReply> {
  const { portal, request, reply } = visit;
  const inputs = Object.entries(readForm(request.body))
    .filter(([name]) => name.startsWith(keptPrefix))
    .map(([name, value]) => ({ name, value }));
  const started = await startSession(visit);
  if ("unverified" in started) return showInvalidFormToken(visit);
  if ("again" in started) {
    const interrupted = await interruptedForm(visit, inputs);
    return showLoginForm(visit, { ...started.again, interrupted });
  }
  const developer = await readDeveloper(portal.pool, request.provider.id, started);
  const kept = withoutPrefix(inputs);
  if (!developer || kept[shownToName] !== String(developer.user.id)) return reply.redirect(request.url, 303);
  request.body = kept;
  return show({ ...visit, developer: { ...developer, notice: "form-kept" } });
}

const unconfirmedEmail = "Please confirm your email address first: open the link in the email that we sent you.";

/** Reasons shown to a user with the right password whose state forbids the login. */
const refusalTexts = {
  user: {
    pending: unconfirmedEmail,
    suspended: "Your user is suspended.",
    email_unverified: unconfirmedEmail,
  },
  account: {
    created: "Your account is not approved yet.",
    pending: "Your account is waiting for approval.",
    rejected: "Your account was not approved.",
    suspended: "Your account is suspended.",
    scheduled_for_deletion: "Your account is scheduled for deletion.",
  },
} as const;

const stateRefusals: ReadonlySet<string> = new Set([
  ...Object.values(refusalTexts.user),
  ...Object.values(refusalTexts.account),
]);

export type SignIn =
  | { readonly user: User; readonly passwordHash: string; readonly isAmbiguous: boolean }
  | { readonly refused: string };

interface Login extends HashingFor {
  readonly login: string;
  readonly password: string;
  /** Restricts the check to this user. */
  readonly onlyUserId?: number | undefined;
}

/**
 * Checks a login. An unknown name and a wrong password take the same time and give the same error; states are shown only
 * with the right password. If both login and password match two users, the one whose state allows the login is chosen.
 */
async function signInDeveloper(
  db: Database,
  passwords: PasswordHasher,
  { login, password, onlyUserId, ...by }: Login,
): Promise<SignIn> {
  const { providerId } = by;
  const candidates = await findUsersByLogin(db, providerId, login);
  const checked = candidates.filter(({ user }) => onlyUserId === undefined || user.id === onlyUserId);
  const owners = await filterByPassword(passwords, checked, password, by);
  const isAmbiguous = checked.length > 1;
  const results = await Promise.all(
    owners.map(async (owner) => ({ ...(await checkState(db, providerId, owner)), isAmbiguous })),
  );
  return results.find((result) => "user" in result) ?? results[0] ?? { refused: wrongLogin };
}

type CheckedState = { readonly user: User; readonly passwordHash: string } | { readonly refused: string };

async function checkState(
  db: Database,
  providerId: number,
  { user, passwordHash }: UserWithHash,
): Promise<CheckedState> {
  const refused = await findStateRefusal(db, providerId, user);
  if (refused !== undefined) return { refused };
  return passwordHash === null ? { refused: wrongLogin } : { user, passwordHash };
}

/** Returns why the state of the user or its account forbids a log-in. */
export async function findStateRefusal(db: Database, providerId: number, user: User): Promise<string | undefined> {
  if (user.state !== "active") return refusalTexts.user[user.state];
  const account = await readAccount(db, providerId, user.accountId);
  if (!account) return wrongLogin; // account and user were deleted meanwhile
  return account.state === "approved" ? undefined : refusalTexts.account[account.state];
}
