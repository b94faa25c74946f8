import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { updateApplication, type Application } from "#portal/applications/index.ts";
import { readFieldsDefinitions, type FieldErrors } from "#portal/fields/index.ts";
import { readForm } from "../../shared/read-form.ts";
import { addFormPage } from "../forms/add-form-page.ts";
import { definedFields, filledIn, valuesFor } from "../forms/defined-fields.ts";
import type { FormField } from "../forms/form-field.ts";
import { showForm } from "../forms/show-form.ts";
import { goOnTo } from "../go-on-to.ts";
import { showNotAllowed } from "../show-not-allowed.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";
import { backTo, changeOf, withApplication, type Owned } from "./with-application.ts";

export function addEditApplicationPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/edit",
    show: withApplication(portal, (request, reply, owned) => showEditForm(portal, request, reply, owned)),
    take: withApplication(portal, async (request, reply, owned) => {
      const fields = await fieldsOf(portal, request.provider.id, owned.application);
      const values = valuesFor(fields, readForm(request.body));
      const saved = await updateApplication(portal.pool, { ...changeOf(portal, request, owned), values });
      if (!saved) return showNotFound(reply);
      if ("notAllowed" in saved) return showNotAllowed(portal, request, reply, owned.developer);
      return "refused" in saved
        ? showEditForm(portal, request, reply, { ...owned, errors: saved.refused })
        : goOnTo(reply, `/applications/${saved.application.id}`, "saved");
    }),
  });
}

async function showEditForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { application, developer, errors }: Owned & { readonly errors?: FieldErrors },
): Promise<FastifyReply> {
  if (!application.product.buyersManageApps) return showNotAllowed(portal, request, reply, developer);
  return showForm(portal, request, reply, {
    title: "Edit application",
    fields: filledIn(await fieldsOf(portal, request.provider.id, application), readForm(request.body)),
    submit: "Save",
    back: backTo(application),
    developer,
    errors,
  });
}

async function fieldsOf(
  { pool }: Portal,
  providerId: number,
  { name, description, fields, product, redirectUrl }: Application,
): Promise<readonly FormField[]> {
  const held = { ...fields, name: name ?? "", description: description ?? "" };
  const redirect = { ...redirectField, value: redirectUrl ?? "" };
  return [
    ...definedFields(await readFieldsDefinitions(pool, providerId), "Cinstance", held),
    ...(product.backendVersion === "oauth" ? [redirect] : []),
  ];
}

const redirectField: FormField = { name: "redirect_url", label: "Redirect URL", type: "text", required: false };
