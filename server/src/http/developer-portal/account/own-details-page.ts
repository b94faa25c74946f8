import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AttemptLimiter } from "#access/index.ts";
import { readFieldsDefinitions } from "#portal/fields/index.ts";
import { readForm } from "../../shared/read-form.ts";
import type { Developer } from "../find-developer.ts";
import { addFormPage } from "../forms/add-form-page.ts";
import { filledIn, valuesFor } from "../forms/defined-fields.ts";
import { currentPasswordField, type FormField } from "../forms/form-field.ts";
import { showForm } from "../forms/show-form.ts";
import { goOnTo } from "../go-on-to.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";
import { fieldsOfUser } from "../users/fields-of-user.ts";
import { updateOwnUser, type NotSaved } from "./update-own-user.ts";

/** What the signed-in user is called, and the provider's other fields of it: with the current password alone. */
export function addOwnDetailsPage(http: FastifyInstance, portal: Portal, guesses: AttemptLimiter): void {
  addFormPage(http, portal, {
    path: "/account/details",
    show: (request, reply, developer) => showDetailsForm(portal, request, reply, { developer }),
    take: async (request, reply, developer) => {
      const form = readForm(request.body);
      const values = valuesFor(await ownFields(portal, request, developer), form);
      const { current_password: currentPassword = "" } = form;
      const outcome = await updateOwnUser(portal, guesses, request, { developer, values, currentPassword });
      if (!outcome) return showNotFound(reply);
      return "refused" in outcome
        ? showDetailsForm(portal, request, reply, { developer, again: outcome })
        : goOnTo(reply, "/account", "saved");
    },
  });
}

async function showDetailsForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { developer, again }: { readonly developer: Developer; readonly again?: NotSaved },
): Promise<FastifyReply> {
  const fields = filledIn(await ownFields(portal, request, developer), readForm(request.body));
  return showForm(portal, request, reply, {
    title: "My details",
    fields: [
      ...fields,
      { ...currentPasswordField, hint: "Every change here needs it, so that only you can make one." },
    ],
    submit: "Save",
    back: { href: "/account", text: "My account" },
    developer,
    errors: again?.refused,
    status: again?.status,
  });
}

const ownFields = async (
  { pool }: Portal,
  { provider }: FastifyRequest,
  { user }: Developer,
): Promise<readonly FormField[]> => fieldsOfUser(await readFieldsDefinitions(pool, provider.id), user);
