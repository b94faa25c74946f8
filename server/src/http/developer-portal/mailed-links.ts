import { setTimeout as wait } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import {
  type AttemptLimiter,
  createAttemptLimiter,
  createNetworkLimiter,
  loginKey,
  type NetworkLimiter,
} from "#access/index.ts";
import { endBrowserSession, formatWait, isLoopback, rememberDevice } from "#http/shared/sign-in.ts";
import { readForm, readFormToken } from "#http/shared/forms.ts";
import type { Pool } from "#platform/database/database.ts";
import { attemptLimits } from "#platform/limits.ts";
import { nameInText } from "#platform/visible-text.ts";
import { activateUserByMail, readAccountActivatedByMail } from "#portal/accounts/index.ts";
import { unlinkClaimants } from "#portal/single-sign-on/index.ts";
import {
  findLostPassword,
  type MailedLinkRequest,
  requestActivation,
  requestNewPassword,
  resetPassword,
} from "#portal/users/index.ts";
import { findDeveloper, type Portal, redirectWithNotice, type Visit } from "./page.ts";
import { passwordFields, type Form, refuseUnverified, showForm, withVisitorTimeZone } from "./forms.ts";
import { awaitsFirstApproval } from "./sign-up.ts";

/** Adds the pages that replace a lost password, and those that activate a user who has signed up. */
export function addMailedLinkPages(http: FastifyInstance, portal: Portal): void {
  const limits = {
    ofNetworks: createNetworkLimiter(portal, attemptLimits.requestedLinksOfNetwork),
    ofAddresses: createAttemptLimiter(portal, attemptLimits.requestedLinksOfPerson),
  };
  addLinkRequestPages(http, portal, { ...lostPasswordRequest, limits });
  addLinkRequestPages(http, portal, { ...activationRequest, limits });
  addNewPasswordPage(http, portal);
  addActivateRoute(http, portal);
}

/** A form in which visitors ask for a mail with a link. */
interface LinkRequest {
  readonly path: string;
  readonly title: string;
  readonly lead: string;
  /** The page after the form. It must not reveal which addresses have signed up. */
  readonly checkMail: string;
  /** Mails the link to the user with this address, if there is one who may use it. */
  readonly request: (pool: Pool, request: MailedLinkRequest) => Promise<void>;
}

const lostPasswordRequest: LinkRequest = {
  path: "/lost-password",
  title: "Choose a new password",
  lead: "Enter the email address that you signed up with. We will send you a link to choose a new password.",
  checkMail:
    "If you have signed up with this address and activated your account, you will receive an email. Open its link within one hour.",
  request: requestNewPassword,
};

const activationRequest: LinkRequest = {
  path: "/activate",
  title: "Request another activation email",
  lead: "Enter the email address that you signed up with. We will send you another link to activate your account, at most one every five minutes.",
  checkMail:
    "If you have signed up with this address and not activated your account yet, you will receive an email. Open its link within two weeks. Only the link in the newest email works.",
  request: requestActivation,
};

/** All answers take this long: storing a mail takes 5 ms more than finding nobody, which would reveal the addresses of users. */
const answerMs = 100;

interface LinkLimits {
  readonly ofNetworks: NetworkLimiter;
  readonly ofAddresses: AttemptLimiter;
}

/** The page that visitors come from, or users without a password. */
const pageBefore = async (portal: Portal, request: FastifyRequest): Promise<NonNullable<Form["back"]>> =>
  (await findDeveloper(portal, request))
    ? { href: "/account", text: "My account" }
    : { href: "/login", text: "Log in" };

const linkRequestForm = ({ title, lead }: LinkRequest, email: string): Form => ({
  title,
  lead,
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
});

/** Adds a form that mails a link, and the page after it. */
function addLinkRequestPages(
  http: FastifyInstance,
  portal: Portal,
  link: LinkRequest & { readonly limits: LinkLimits },
): void {
  const { path, limits } = link;
  const show = async (visit: Visit, email: string, rejected?: Pick<Form, "errors" | "status">): Promise<FastifyReply> =>
    showForm(visit, {
      ...linkRequestForm(link, email),
      ...rejected,
      back: await pageBefore(portal, visit.request),
    });
  http.get(path, async (request, reply) => {
    const developer = await findDeveloper(portal, request);
    return show({ portal, request, reply }, developer?.user.email ?? "");
  });

  http.post(path, async (request, reply) => {
    const visit = { portal, request, reply };
    const { provider } = request;
    const form = readForm(request.body);
    const { email = "" } = form;
    const showAgain = (rejected: Pick<Form, "errors" | "status">): Promise<FastifyReply> =>
      show(visit, email, rejected);
    if (!readFormToken(request, form, portal.cookieSecret))
      return refuseUnverified(visit, {
        refuse: ({ text, status }) => showAgain({ errors: { base: [text] }, status }),
      });
    if (email.trim() === "") return show(visit, "", { errors: { email: ["can't be blank"] } });
    const seconds = await secondsToWait(limits, request, email);
    if (seconds > 0) {
      reply.header("retry-after", seconds);
      const errors = { base: [`Too many requests. Please try again ${formatWait(seconds)}.`] };
      return showAgain({ errors, status: 429 });
    }
    const urlOf = (code: string): string => `${portal.developerPortalUrl(provider)}${path}/${code}`;
    const requested = link.request(portal.pool, { provider, email, urlOf, now: portal.clock.now() });
    await Promise.all([requested, wait(answerMs)]);
    return reply.redirect(`${path}/check-mail`, 303);
  });

  http.get(`${path}/check-mail`, async (request, reply) =>
    portal.showPage(request, reply, {
      template: "message",
      title: "Please check your email",
      data: { text: link.checkMail, mentions_mail: true, link: await pageBefore(portal, request) },
    }),
  );
}

/** Counts a request by the visitor's network and by the address. Returns 0 if it may proceed. */
async function secondsToWait(
  { ofNetworks, ofAddresses }: LinkLimits,
  { provider, ip }: FastifyRequest,
  email: string,
): Promise<number> {
  const networkSeconds = isLoopback(ip) ? 0 : await ofNetworks.secondsToWait(ip, String(provider.id));
  return networkSeconds || ofAddresses.secondsToWait(`${provider.id} ${loginKey(email)}`);
}

/** Adds the form for a new password, opened by a mailed link. */
function addNewPasswordPage(http: FastifyInstance, portal: Portal): void {
  http.get("/lost-password/:code", async (request, reply) => showNewPasswordForm({ portal, request, reply }));

  http.post("/lost-password/:code", async (request, reply) => {
    const visit = { portal, request, reply };
    const form = readForm(request.body);
    if (!readFormToken(request, form, portal.cookieSecret))
      return refuseUnverified(visit, {
        refuse: ({ text, status }) => showNewPasswordForm(visit, { errors: { base: [text] }, status }),
      });

    const { password = "", password_confirmation: confirmation = "" } = form;
    const { code = "" } = readForm(request.params);
    const submitted = {
      provider: withVisitorTimeZone(request.provider),
      code,
      password,
      confirmation,
      unlinkClaimants,
      now: portal.clock.now(),
    };
    const reset = await resetPassword(portal.pool, portal.passwords, submitted);
    if (!reset) return showExpiredPasswordLink(visit);
    if ("refused" in reset) return showNewPasswordForm(visit, { errors: reset.refused });
    // The mailed link identifies the user like a password, so failed logins of others must not lock out this device.
    rememberDevice(portal, request, reply, { audience: "developer", user: reset.user });
    // Another user of this browser would be redirected from the login, without the notice.
    await endBrowserSession(portal, request, reply, "developer");
    return redirectWithNotice(reply, "/login", "password-chosen");
  });
}

async function showNewPasswordForm(
  visit: Visit,
  rejected: Pick<Form, "errors" | "status"> = {},
): Promise<FastifyReply> {
  const { portal, request } = visit;
  const { id: providerId, passwordLengthMin } = request.provider;
  const { code = "" } = readForm(request.params);
  const lost = await findLostPassword(portal.pool, { providerId, code, now: portal.clock.now() });
  if (!lost) return showExpiredPasswordLink(visit);
  const developer = await findDeveloper(portal, request);
  const present = developer
    ? ` You are logged in as ${developer.user.username}. Setting the password logs you out.`
    : "";
  return showForm(visit, {
    title: "Choose a new password",
    lead: `For ${lost.username}. All browsers will be logged out.${present}`,
    fields: passwordFields("New password", passwordLengthMin),
    username: lost.username,
    submit: "Set password",
    ...rejected,
  });
}

const showExpiredPasswordLink = (visit: Visit): Promise<FastifyReply> =>
  showExpiredLink(visit, {
    text: "The link works once, for one hour, and only the newest one is valid. If you have already chosen a new password, log in with it. Otherwise, request another link.",
    link: { href: "/lost-password", text: "Request another link" },
  });

/** Adds the page that a link in an activation mail opens. */
function addActivateRoute(http: FastifyInstance, portal: Portal): void {
  const { pool, clock, showPage } = portal;

  // No HEAD: mail scanners send it to check links, and a code activates only once.
  http.get<{ Params: { code: string } }>("/activate/:code", { exposeHeadRoute: false }, async (request, reply) => {
    const developer = await findDeveloper(portal, request);
    const link = {
      provider: developer ? request.provider : withVisitorTimeZone(request.provider),
      code: request.params.code,
      now: clock.now(),
    };
    const actor = developer && ({ kind: "developer", userId: developer.user.id } as const);
    const activated = await activateUserByMail(pool, { ...link, actor });
    // Mail scanners open links before people do, and phones load a page again.
    const account = activated?.details.account ?? (await readAccountActivatedByMail(pool, link));
    if (!account) return showExpiredActivation({ portal, request, reply, developer });
    const { state } = account;
    const status = awaitsFirstApproval(state)
      ? `is waiting for approval by ${nameInText(request.provider.name)}.`
      : `is unavailable. Please contact ${nameInText(request.provider.name)}.`;
    return showPage(request, reply, {
      template: "message",
      title: "Your email address has been confirmed",
      data:
        state === "approved"
          ? { text: "Your account is active. Welcome!", link: await pageBefore(portal, request) }
          : { text: `Your account ${status}` },
    });
  });
}

const showExpiredActivation = (visit: Visit): Promise<FastifyReply> =>
  showExpiredLink(visit, {
    text: `An activation link works once, for two weeks, and only the newest one is valid. ${
      visit.developer
        ? `You are logged in as ${visit.developer.user.username}, who is active. For another user, request another email.`
        : "If you have already used it, log in. Otherwise, request another email."
    }`,
    link: { href: activationRequest.path, text: "Request another email" },
  });

/** Responds to a mailed link that has been used, replaced or has expired. */
export const showExpiredLink = (
  { portal, request, reply }: Visit,
  data: { readonly text: string; readonly link: { readonly href: string; readonly text: string } },
): Promise<FastifyReply> =>
  portal.showPage(request, reply, { template: "message", title: "This link no longer works", status: 404, data });
