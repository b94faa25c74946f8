import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { FieldErrors } from "#portal/fields/index.ts";
import { findLostPassword, resetPassword } from "#portal/users/index.ts";
import { whenFormWasIssued } from "../../shared/form-token.ts";
import { rememberDevice } from "../../shared/known-device.ts";
import { readForm } from "../../shared/read-form.ts";
import { passwordFields } from "../forms/form-field.ts";
import { showForm } from "../forms/show-form.ts";
import { goOnTo } from "../go-on-to.ts";
import { showDeadLink } from "../show-dead-link.ts";
import { showFormRefused } from "../show-form-refused.ts";
import type { Portal } from "../show-page.ts";
import { toVisitors } from "../to-visitors.ts";

/** Where the mail for a lost password leads. */
export function addNewPasswordPage(http: FastifyInstance, portal: Portal): void {
  http.get("/lost-password/:code", async (request, reply) => showNewPasswordForm(portal, request, reply));

  http.post("/lost-password/:code", async (request, reply) => {
    const form = readForm(request.body);
    if (!whenFormWasIssued(request, form, portal.cookieSecret)) return showFormRefused(portal, request, reply);

    const { password = "", password_confirmation: confirmation = "" } = form;
    const { code = "" } = readForm(request.params);
    const chosen = { provider: toVisitors(request.provider), code, password, confirmation, now: portal.clock.now() };
    const reset = await resetPassword(portal.pool, chosen);
    if (!reset) return showTooLate(portal, request, reply);
    if ("refused" in reset) return showNewPasswordForm(portal, request, reply, reset.refused);
    // Strangers who guess at the name cannot keep its owner out: the mail proves as much as a password.
    rememberDevice(portal, request, reply, { audience: "developer", user: reset.user });
    return goOnTo(reply, "/login", "password-chosen");
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
  if (!lost) return showTooLate(portal, request, reply);
  return showForm(portal, request, reply, {
    title: "Choose a new password",
    lead: `For ${lost.username}. Browsers that are logged in are logged out.`,
    fields: passwordFields("New password", passwordLengthMin),
    submit: "Set password",
    errors,
  });
}

const showTooLate = (portal: Portal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
  showDeadLink(portal, request, reply, {
    text: "The link works once, within an hour, and only the one in the newest mail.",
    link: { href: "/lost-password", text: "Get another link" },
  });
