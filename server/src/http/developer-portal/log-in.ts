import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import {
  type HashingFor,
  createAttemptLimiter,
  createNetworkLimiter,
  filterByPassword,
  loginKey,
  type PasswordHasher,
} from "#access/index.ts";
import { endBrowserSession, startBrowserSession } from "#http/shared/browser-session.ts";
import { hasSessionToken, readForm, readFormToken, returnPath } from "#http/shared/forms.ts";
import {
  type SignInLimits,
  createSignInLimits,
  formatWait,
  isLoopback,
  type SignInForm,
  rememberDevice,
  signInByForm,
  signInPage,
  wrongLogin,
} from "#http/shared/sign-in.ts";
import type { Database, Transaction } from "#platform/database/database.ts";
import { attemptLimits } from "#platform/limits.ts";
import { readAccount } from "#portal/accounts/index.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import {
  type User,
  type UserWithHash,
  findLostPassword,
  findUsersByLogin,
  holdsPassword,
  requestNewPassword,
  resetPassword,
} from "#portal/users/index.ts";
import {
  findDeveloper,
  type Portal,
  redirectWithNotice,
  showExpiredLink,
  showInvalidFormToken,
  withVisitorTimeZone,
} from "./page.ts";
import { passwordFields, type Form, showForm } from "./forms.ts";

/** Adds login, logout, and the pages that replace a lost password. */
export function addLoginPages(http: FastifyInstance, portal: Portal): void {
  addLoginRoutes(http, portal);
  addLostPasswordPage(http, portal);
  addNewPasswordPage(http, portal);
}

const landing = { within: "/", fallback: "/account" } as const;

function addLoginRoutes(http: FastifyInstance, portal: Portal): void {
  const limits = createSignInLimits(portal);

  http.get("/login", async (request, reply) => {
    const { return_to: returnTo = "" } = readForm(request.query);
    if (await findDeveloper(portal, request)) return reply.redirect(returnPath(returnTo, landing), 302);
    return showLoginForm(portal, request, reply, { returnTo });
  });
  http.post("/login", async (request, reply) => logIn(portal, limits, request, reply));
  http.post("/logout", async (request, reply) => logOut(portal, request, reply));
}

const showLoginForm = (
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  form: SignInForm,
): Promise<FastifyReply> =>
  portal.showPage(request, reply, {
    template: "login",
    title: form.error === undefined ? "Log in" : "Please check: Log in",
    ...signInPage(portal, request, reply, form),
  });

async function logIn(
  portal: Portal,
  limits: SignInLimits,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const issued = readFormToken(request, readForm(request.body), portal.cookieSecret);
  if (!issued) return showInvalidFormToken(portal, request, reply);

  const outcome = await signInByForm(
    {
      ...portal,
      limits,
      audience: "developer",
      verify: (login) => signInDeveloper(portal.pool, portal.passwords, login),
      isLoginOf: async ({ providerId, userId, login }) =>
        (await findUsersByLogin(portal.pool, providerId, login)).some(({ user }) => user.id === userId),
    },
    request,
    reply,
  );
  if ("again" in outcome) return showLoginForm(portal, request, reply, outcome.again);
  const { proof, returnTo } = outcome;
  const holds = (tx: Transaction) => holdsPassword(tx, proof);
  const isSignedIn = await startBrowserSession(portal, request, reply, {
    audience: "developer",
    userId: proof.userId,
    holds,
  });
  if (!isSignedIn) return showLoginForm(portal, request, reply, { status: 422, error: wrongLogin, returnTo });
  return reply.redirect(returnPath(returnTo, landing), 303);
}

async function logOut(portal: Portal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const developer = await findDeveloper(portal, request);
  if (developer && !hasSessionToken(request, readForm(request.body), developer.csrfToken)) {
    return showInvalidFormToken(portal, request, reply, { developer });
  }
  await endBrowserSession(portal, request, reply, "developer");
  return reply.redirect("/", 303);
}

/** Reasons shown to a user with the right password whose state forbids the login. */
const refusalTexts = {
  user: {
    pending: "Please confirm your email address first: open the link in the email that we sent you.",
    suspended: "Your user is suspended.",
    email_unverified: "Please confirm your email address first: open the link in the email that we sent you.",
  },
  account: {
    created: "Your account is not approved yet.",
    pending: "Your account is waiting for approval.",
    rejected: "Your account was not approved.",
    suspended: "Your account is suspended.",
    scheduled_for_deletion: "Your account is scheduled for deletion.",
  },
} as const;

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
  if (user.state !== "active") return { refused: refusalTexts.user[user.state] };
  const account = await readAccount(db, providerId, user.accountId);
  if (!account || passwordHash === null) return { refused: wrongLogin }; // account and user were deleted meanwhile
  return account.state === "approved" ? { user, passwordHash } : { refused: refusalTexts.account[account.state] };
}

const lostPasswordForm = (email: string): Form => ({
  title: "Choose a new password",
  lead: "Enter the email address that you signed up with. We will send you a link to choose a new password.",
  fields: [
    {
      name: "email",
      label: "Email",
      type: "email",
      required: true,
      autocomplete: "email",
      value: email,
    },
  ],
  submit: "Send link",
  back: { href: "/login", text: "Log in" },
});

/** Adds the form that mails a link for a new password. Its response does not reveal which addresses have signed up. */
function addLostPasswordPage(http: FastifyInstance, portal: Portal): void {
  const networks = createNetworkLimiter(portal, attemptLimits.lostPasswordsOfNetwork);
  const addresses = createAttemptLimiter(portal, attemptLimits.lostPasswordsOfPerson);
  http.get("/lost-password", async (request, reply) => showForm(portal, request, reply, lostPasswordForm("")));

  http.post("/lost-password", async (request, reply) => {
    const { provider } = request;
    const form = readForm(request.body);
    if (!readFormToken(request, form, portal.cookieSecret)) return showInvalidFormToken(portal, request, reply);

    const { email = "" } = form;
    if (email.trim() === "") {
      const errors = { email: ["can't be blank"] };
      return showForm(portal, request, reply, { ...lostPasswordForm(""), errors });
    }
    const address = `${provider.id} ${loginKey(email)}`;
    const networkSeconds = isLoopback(request.ip) ? 0 : await networks.secondsToWait(request.ip, String(provider.id));
    const seconds = networkSeconds || (await addresses.secondsToWait(address));
    if (seconds > 0) {
      const errors = { base: [`Too many requests. Please try again ${formatWait(seconds)}.`] };
      return showForm(portal, request, reply, { ...lostPasswordForm(email), errors, status: 429 });
    }
    const urlOf = (code: string): string => `${portal.developerPortalUrl(provider)}/lost-password/${code}`;
    await requestNewPassword(portal.pool, { provider, email, urlOf, now: portal.clock.now() });
    return reply.redirect("/lost-password/check-mail", 303);
  });

  http.get("/lost-password/check-mail", async (request, reply) =>
    portal.showPage(request, reply, {
      template: "message",
      title: "Please check your email",
      data: {
        text: "If you have signed up with this address, you will receive an email. Open its link within one hour.",
        mentions_mail: true,
        link: { href: "/login", text: "Log in" },
      },
    }),
  );
}

/** Adds the form for a new password, opened by a mailed link. */
function addNewPasswordPage(http: FastifyInstance, portal: Portal): void {
  http.get("/lost-password/:code", async (request, reply) => showNewPasswordForm(portal, request, reply));

  http.post("/lost-password/:code", async (request, reply) => {
    const form = readForm(request.body);
    if (!readFormToken(request, form, portal.cookieSecret)) return showInvalidFormToken(portal, request, reply);

    const { password = "", password_confirmation: confirmation = "" } = form;
    const { code = "" } = readForm(request.params);
    const submitted = {
      provider: withVisitorTimeZone(request.provider),
      code,
      password,
      confirmation,
      now: portal.clock.now(),
    };
    const reset = await resetPassword(portal.pool, portal.passwords, submitted);
    if (!reset) return showExpiredPasswordLink(portal, request, reply);
    if ("refused" in reset) return showNewPasswordForm(portal, request, reply, reset.refused);
    // The mailed link identifies the user like a password, so failed logins of others must not lock out this device.
    rememberDevice(portal, request, reply, { audience: "developer", user: reset.user });
    return redirectWithNotice(reply, "/login", "password-chosen");
  });
}

async function showNewPasswordForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  errors?: FieldErrors,
): Promise<FastifyReply> {
  const { id: providerId, passwordLengthMin } = request.provider;
  const { code = "" } = readForm(request.params);
  const lost = await findLostPassword(portal.pool, { providerId, code, now: portal.clock.now() });
  if (!lost) return showExpiredPasswordLink(portal, request, reply);
  return showForm(portal, request, reply, {
    title: "Choose a new password",
    lead: `For ${lost.username}. All browsers will be logged out.`,
    fields: passwordFields("New password", passwordLengthMin),
    submit: "Set password",
    errors,
  });
}

const showExpiredPasswordLink = (portal: Portal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
  showExpiredLink(portal, request, reply, {
    text: "The link works once, for one hour, and only the newest one is valid.",
    link: { href: "/lost-password", text: "Request another link" },
  });
