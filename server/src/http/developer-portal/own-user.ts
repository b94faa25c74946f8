import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type AttemptLimiter, createAttemptLimiter } from "#access/index.ts";
import { readSessionCookie } from "#http/shared/browser-session.ts";
import { readForm } from "#http/shared/forms.ts";
import { formatWait } from "#http/shared/sign-in-limits.ts";
import { attemptLimits } from "#platform/limits.ts";
import { type FieldErrors, readFieldsDefinitions } from "#portal/fields/index.ts";
import { updateUser } from "#portal/users/index.ts";
import { type Developer, developerContext } from "./developer.ts";
import {
  type FormField,
  currentPasswordField,
  passwordFields,
  submittedValues,
  withSubmittedValues,
} from "./form-fields.ts";
import { addFormPage, showForm } from "./form-pages.ts";
import { showNotFound } from "./message-pages.ts";
import { type Portal, redirectWithNotice } from "./page.ts";
import { userFields } from "./users.ts";

/** Adds the forms for the signed-in user's details and password. */
export function addOwnUserPages(http: FastifyInstance, portal: Portal): void {
  const limiter = createAttemptLimiter(portal, attemptLimits.ownPassword);
  addOwnDetailsPage(http, portal, limiter);
  addOwnPasswordPage(http, portal, limiter);
}

/** Adds the form for the signed-in user's fields. Every change requires the current password. */
function addOwnDetailsPage(http: FastifyInstance, portal: Portal, limiter: AttemptLimiter): void {
  addFormPage(http, portal, {
    path: "/account/details",
    show: (request, reply, developer) => showDetailsForm(portal, request, reply, { developer }),
    submit: async (request, reply, developer) => {
      const form = readForm(request.body);
      const values = submittedValues(await ownFields(portal, request, developer), form);
      const { current_password: currentPassword = "" } = form;
      const outcome = await updateOwnUser(portal, limiter, request, { developer, values, currentPassword });
      if (!outcome) return showNotFound(reply);
      return "refused" in outcome
        ? showDetailsForm(portal, request, reply, { developer, rejected: outcome })
        : redirectWithNotice(reply, "/account", "saved");
    },
  });
}

async function showDetailsForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { developer, rejected }: { readonly developer: Developer; readonly rejected?: RejectedUpdate },
): Promise<FastifyReply> {
  const fields = withSubmittedValues(await ownFields(portal, request, developer), readForm(request.body));
  return showForm(portal, request, reply, {
    title: "My details",
    fields: [...fields, { ...currentPasswordField, hint: "Required for every change, so that only you can make it." }],
    submit: "Save",
    back: { href: "/account", text: "My account" },
    developer,
    errors: rejected?.refused,
    status: rejected?.status,
  });
}

const ownFields = async (
  { pool }: Portal,
  { provider }: FastifyRequest,
  { user }: Developer,
): Promise<readonly FormField[]> => userFields(await readFieldsDefinitions(pool, provider.id), user);

const passwordMissing: FieldErrors = { password: ["can't be blank"] };

/** Adds the form that changes the signed-in user's password and ends the sessions of all other browsers. */
function addOwnPasswordPage(http: FastifyInstance, portal: Portal, limiter: AttemptLimiter): void {
  addFormPage(http, portal, {
    path: "/account/password",
    show: (request, reply, developer) => showPasswordForm(portal, request, reply, { developer }),
    submit: async (request, reply, developer) => {
      const { current_password: currentPassword = "", ...form } = readForm(request.body);
      const { password = "", password_confirmation = "" } = form;
      if (password === "") {
        const refused = currentPassword === "" ? { ...currentPasswordMissing, ...passwordMissing } : passwordMissing;
        return showPasswordForm(portal, request, reply, { developer, rejected: { status: 422, refused } });
      }
      const values = { password, password_confirmation };
      const outcome = await updateOwnUser(portal, limiter, request, { developer, values, currentPassword });
      if (!outcome) return showNotFound(reply);
      return "refused" in outcome
        ? showPasswordForm(portal, request, reply, { developer, rejected: outcome })
        : redirectWithNotice(reply, "/account", "password-changed");
    },
  });
}

const showPasswordForm = (
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { developer, rejected }: { readonly developer: Developer; readonly rejected?: RejectedUpdate },
): Promise<FastifyReply> =>
  showForm(portal, request, reply, {
    title: "Change password",
    fields: [currentPasswordField, ...passwordFields("New password", request.provider.passwordLengthMin)],
    submit: "Change password",
    back: { href: "/account", text: "My account" },
    developer,
    errors: rejected?.refused,
    status: rejected?.status,
  });

interface OwnUpdate {
  readonly developer: Developer;
  readonly values: Readonly<Record<string, string>>;
  readonly currentPassword: string;
}

type RejectedUpdate = { readonly refused: FieldErrors; readonly status: 422 | 429 };

/** Replaces "is incorrect" if the field was left empty. */
const currentPasswordMissing: FieldErrors = { current_password: ["can't be blank"] };

/** Updates the signed-in user after checking the current password. Returns undefined if the user no longer exists. */
async function updateOwnUser(
  portal: Portal,
  limiter: AttemptLimiter,
  request: FastifyRequest,
  { developer, values, currentPassword }: OwnUpdate,
): Promise<{ readonly saved: true } | RejectedUpdate | undefined> {
  const { provider } = request;
  const limiterKey = `developer ${provider.id} ${developer.user.id}`;
  const seconds = await limiter.secondsToWait(limiterKey);
  if (seconds > 0) {
    return { status: 429, refused: { base: [`Too many attempts. Please try again ${formatWait(seconds)}.`] } };
  }
  const saved = await updateUser(portal.pool, portal.passwords, {
    provider,
    accountId: developer.account.id,
    userId: developer.user.id,
    values,
    currentPassword,
    keptSession: readSessionCookie(request, "developer"),
    writer: "developer",
    by: developerContext(portal, developer),
  });
  if (!saved) return undefined;
  const refused = "refused" in saved ? saved.refused : undefined;
  if (!refused?.["current_password"]) await limiter.forget(limiterKey);
  if (!refused) return { saved: true };
  return { status: 422, refused: currentPassword === "" ? { ...refused, ...currentPasswordMissing } : refused };
}
