import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { createAttemptLimiter, createNetworkLimiter, loginKey } from "#access/index.ts";
import { readForm, readFormToken } from "#http/shared/forms.ts";
import { formatWait, isLoopback, rememberDevice } from "#http/shared/sign-in.ts";
import { attemptLimits } from "#platform/limits.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import { findLostPassword, requestNewPassword, resetPassword } from "#portal/users/index.ts";
import { type Portal, redirectWithNotice, showExpiredLink, withVisitorTimeZone } from "./page.ts";
import { passwordFields, type Form, refuseUnverified, showForm } from "./forms.ts";

/** Adds the pages that replace a lost password. */
export function addLostPasswordPages(http: FastifyInstance, portal: Portal): void {
  addLostPasswordPage(http, portal);
  addNewPasswordPage(http, portal);
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
    const { email = "" } = form;
    if (!readFormToken(request, form, portal.cookieSecret))
      return refuseUnverified(portal, request, reply, {
        refuse: ({ text, status }) =>
          showForm(portal, request, reply, { ...lostPasswordForm(email), errors: { base: [text] }, status }),
      });
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
    if (!readFormToken(request, form, portal.cookieSecret))
      return refuseUnverified(portal, request, reply, {
        refuse: ({ text, status }) => showNewPasswordForm(portal, request, reply, { errors: { base: [text] }, status }),
      });

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
    if ("refused" in reset) return showNewPasswordForm(portal, request, reply, { errors: reset.refused });
    // The mailed link identifies the user like a password, so failed logins of others must not lock out this device.
    rememberDevice(portal, request, reply, { audience: "developer", user: reset.user });
    return redirectWithNotice(reply, "/login", "password-chosen");
  });
}

async function showNewPasswordForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  rejected: { readonly errors?: FieldErrors; readonly status?: number } = {},
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
    ...rejected,
  });
}

const showExpiredPasswordLink = (portal: Portal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
  showExpiredLink(portal, request, reply, {
    text: "The link works once, for one hour, and only the newest one is valid.",
    link: { href: "/lost-password", text: "Request another link" },
  });
