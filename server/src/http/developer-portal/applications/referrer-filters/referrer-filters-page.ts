import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { addReferrerFilter, listReferrerFilters } from "#portal/applications/index.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import { readForm } from "../../../shared/read-form.ts";
import { addFormPage } from "../../forms/add-form-page.ts";
import { judged, type FormField } from "../../forms/form-field.ts";
import { goOnTo } from "../../go-on-to.ts";
import { showNotFound } from "../../show-not-found.ts";
import type { Portal } from "../../show-page.ts";
import { changeOf, type Owned } from "../with-application.ts";
import { withFilters } from "./with-filters.ts";

const filterField: FormField = {
  name: "value",
  label: "Host",
  type: "text",
  required: true,
  length_max: 255,
  hint: "The host of a site, such as www.example.org, or several at once: *.example.org",
};

/** From which sites an application may be used, and a form for one more. */
export function addReferrerFiltersPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/referrer-filters",
    show: withFilters(portal, (request, reply, owned) => showFilters(portal, request, reply, owned)),
    take: withFilters(portal, async (request, reply, owned) => {
      const value = (readForm(request.body)["value"] ?? "").trim();
      const added = await addReferrerFilter(portal.pool, { ...changeOf(portal, request, owned), value });
      if (!added) return showNotFound(reply);
      return "refused" in added
        ? showFilters(portal, request, reply, { ...owned, errors: added.refused })
        : goOnTo(reply, `/applications/${owned.application.id}/referrer-filters`, "filter-added");
    }),
  });
}

async function showFilters(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { application: { id, name }, developer, errors }: Owned & { readonly errors?: FieldErrors },
): Promise<FastifyReply> {
  const fields = [{ ...filterField, value: readForm(request.body)["value"] ?? "" }];
  const filters = await listReferrerFilters(portal.pool, request.provider.id, [id]);
  return portal.showPage(request, reply, {
    template: "referrer-filters",
    title: `${errors ? "Please check: " : ""}Referrer filters of ${name}`,
    status: errors ? 422 : 200,
    developer,
    data: {
      application: { id, name },
      filters: filters.map((filter) => ({ id: filter.id, value: filter.value })),
      ...judged(fields, errors),
    },
  });
}
