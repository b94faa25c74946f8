import type { FastifyInstance } from "fastify";
import { createAttemptLimiter, createNetworkLimiter } from "#access/index.ts";
import { attemptLimits } from "#platform/limits/limits.ts";
import { requestNewPassword } from "#portal/users/index.ts";
import { whenFormWasIssued } from "../../shared/form-token.ts";
import { readForm } from "../../shared/read-form.ts";
import { isLoopback, waitInWords } from "../../shared/sign-in-limits.ts";
import { showForm, type Form } from "../forms/show-form.ts";
import { showFormRefused } from "../show-form-refused.ts";
import type { Portal } from "../show-page.ts";

const formWith = (email: string): Form => ({
  title: "Choose a new password",
  lead: "Tell us your email address: if you have signed up with it, a mail with a link is on its way.",
  fields: [
    {
      name: "email",
      label: "Email",
      type: "email",
      required: true,
      autocomplete: "email",
      length_max: 255,
      value: email,
    },
  ],
  submit: "Send the link",
  back: { href: "/login", text: "Log in" },
});

/** Asks for the mail that lets somebody in who has forgotten how. Nobody learns here who has signed up. */
export function addLostPasswordPage(http: FastifyInstance, portal: Portal): void {
  const networks = createNetworkLimiter(portal, attemptLimits.lostPasswordsOfNetwork);
  const people = createAttemptLimiter(portal, attemptLimits.lostPasswordsOfPerson);
  http.get("/lost-password", async (request, reply) => showForm(portal, request, reply, formWith("")));

  http.post("/lost-password", async (request, reply) => {
    const { provider } = request;
    const form = readForm(request.body);
    if (!whenFormWasIssued(request, form, portal.cookieSecret)) return showFormRefused(portal, request, reply);

    const { email = "" } = form;
    if (email.trim() === "") {
      const errors = { email: ["can't be blank"] };
      return showForm(portal, request, reply, { ...formWith(""), errors });
    }
    const person = `${provider.id} ${email.trim().slice(0, 255).toLowerCase()}`;
    const ofNetwork = isLoopback(request.ip) ? 0 : await networks.secondsToWait(request.ip, String(provider.id));
    const seconds = ofNetwork || (await people.secondsToWait(person));
    if (seconds > 0) {
      const errors = { base: [`Too many requests. Please try again ${waitInWords(seconds)}.`] };
      return showForm(portal, request, reply, { ...formWith(email), errors, status: 429 });
    }
    const urlOf = (code: string): string => `${portal.developerPortalUrl(provider)}/lost-password/${code}`;
    await requestNewPassword(portal.pool, { provider, email, urlOf, now: portal.clock.now() });
    return reply.redirect("/lost-password/check-mail", 303);
  });

  http.get("/lost-password/check-mail", async (request, reply) =>
    portal.showPage(request, reply, {
      template: "message",
      title: "Please check your mail",
      data: {
        text: "If you have signed up with this address, a mail is on its way. Open the link in it within an hour.",
        is_about_mail: true,
        link: { href: "/login", text: "Log in" },
      },
    }),
  );
}
