import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { readFieldsDefinitions, type FieldErrors } from "#portal/fields/index.ts";
import { readProviderSettings } from "#portal/provider-account/index.ts";
import { updateAccount } from "#portal/whole-accounts/index.ts";
import { readForm } from "../../shared/read-form.ts";
import { byDeveloper } from "../by-developer.ts";
import type { Developer } from "../find-developer.ts";
import type { DeveloperPage } from "../for-developers.ts";
import { addAdminFormPage } from "../forms/add-form-page.ts";
import { definedFields, filledIn, valuesFor } from "../forms/defined-fields.ts";
import type { FormField } from "../forms/form-field.ts";
import { showForm } from "../forms/show-form.ts";
import { goOnTo } from "../go-on-to.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";

/** The organization's own fields, where the provider leaves them to its developers. */
export function addEditAccountPage(http: FastifyInstance, portal: Portal): void {
  const whereOpen =
    (page: DeveloperPage): DeveloperPage =>
    async (request, reply, developer) => {
      const { userAccountAreaEnabled } = await readProviderSettings(portal.pool, request.provider.id);
      return userAccountAreaEnabled ? page(request, reply, developer) : showNotFound(reply);
    };

  addAdminFormPage(http, portal, {
    path: "/account/edit",
    show: whereOpen((request, reply, developer) => showAccountForm(portal, request, reply, developer)),
    take: whereOpen((request, reply, developer) => saveAccount(portal, request, reply, developer)),
  });
}

async function saveAccount(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  developer: Developer,
): Promise<FastifyReply> {
  const fields = await fieldsOf(portal, developer, request.provider.id);
  const saved = await updateAccount(portal.pool, {
    provider: request.provider,
    accountId: developer.account.id,
    values: valuesFor(fields, readForm(request.body)),
    writer: "developer",
    by: byDeveloper(portal, developer),
  });
  if (!saved) return showNotFound(reply);
  return "refused" in saved
    ? showAccountForm(portal, request, reply, { ...developer, errors: saved.refused })
    : goOnTo(reply, "/account", "saved");
}

async function showAccountForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { errors, ...developer }: Developer & { readonly errors?: FieldErrors },
): Promise<FastifyReply> {
  const fields = await fieldsOf(portal, developer, request.provider.id);
  return showForm(portal, request, reply, {
    title: "Edit organization",
    fields: filledIn(fields, readForm(request.body)),
    submit: "Save",
    back: { href: "/account", text: "My account" },
    developer,
    errors,
  });
}

const fieldsOf = async ({ pool }: Portal, { account }: Developer, providerId: number): Promise<readonly FormField[]> =>
  definedFields(await readFieldsDefinitions(pool, providerId), "Account", {
    ...account.fields,
    org_name: account.orgName,
  });
