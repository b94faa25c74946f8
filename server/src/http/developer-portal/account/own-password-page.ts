import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AttemptLimiter } from "#access/index.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import { readForm } from "../../shared/read-form.ts";
import type { Developer } from "../find-developer.ts";
import { addFormPage } from "../forms/add-form-page.ts";
import { currentPasswordField, passwordFields } from "../forms/form-field.ts";
import { showForm } from "../forms/show-form.ts";
import { goOnTo } from "../go-on-to.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";
import { noCurrentPassword, updateOwnUser, type NotSaved } from "./update-own-user.ts";

const noPassword: FieldErrors = { password: ["can't be blank"] };

/** Another password for the signed-in user. It ends the sessions of all other browsers. */
export function addOwnPasswordPage(http: FastifyInstance, portal: Portal, guesses: AttemptLimiter): void {
  addFormPage(http, portal, {
    path: "/account/password",
    show: (request, reply, developer) => showPasswordForm(portal, request, reply, { developer }),
    take: async (request, reply, developer) => {
      const { current_password: currentPassword = "", ...form } = readForm(request.body);
      const { password = "", password_confirmation = "" } = form;
      if (password === "") {
        const refused = currentPassword === "" ? { ...noCurrentPassword, ...noPassword } : noPassword;
        return showPasswordForm(portal, request, reply, { developer, again: { status: 422, refused } });
      }
      const values = { password, password_confirmation };
      const outcome = await updateOwnUser(portal, guesses, request, { developer, values, currentPassword });
      if (!outcome) return showNotFound(reply);
      return "refused" in outcome
        ? showPasswordForm(portal, request, reply, { developer, again: outcome })
        : goOnTo(reply, "/account", "password-changed");
    },
  });
}

const showPasswordForm = (
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { developer, again }: { readonly developer: Developer; readonly again?: NotSaved },
): Promise<FastifyReply> =>
  showForm(portal, request, reply, {
    title: "Change password",
    fields: [currentPasswordField, ...passwordFields("New password", request.provider.passwordLengthMin)],
    submit: "Change password",
    back: { href: "/account", text: "My account" },
    developer,
    errors: again?.refused,
    status: again?.status,
  });
