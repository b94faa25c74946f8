import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { readForm } from "#http/shared/forms.ts";
import { addReferrerFilter, listReferrerFilters, removeReferrerFilter, titleOf } from "#portal/applications/index.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import { type OwnApplication, applicationChange, requireApplication } from "./application.ts";
import { type FormField, checkedFields } from "./form-fields.ts";
import { addFormPage, showForm } from "./form-pages.ts";
import { type DeveloperPage } from "./developer.ts";
import { showNotFound } from "./message-pages.ts";
import { type Portal, readPathId, redirectWithNotice } from "./page.ts";

const filterField: FormField = {
  name: "value",
  label: "Host",
  type: "text",
  required: true,
  length_max: 255,
  hint: "A host, such as www.example.org, or a pattern, such as *.example.org",
};

/** Adds the pages of an application's referrer filters. */
export function addReferrerFilterPages(http: FastifyInstance, portal: Portal): void {
  addReferrerFiltersPage(http, portal);
  addDeleteReferrerFilterPage(http, portal);
}

/** Adds the list of an application's referrer filters, with the form for a new one. */
function addReferrerFiltersPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/referrer-filters",
    show: requireReferrerFilters(portal, (request, reply, own) => showFilters(portal, request, reply, own)),
    submit: requireReferrerFilters(portal, async (request, reply, own) => {
      const value = (readForm(request.body)["value"] ?? "").trim();
      const added = await addReferrerFilter(portal.pool, { ...applicationChange(portal, request, own), value });
      if (!added) return showNotFound(reply);
      return "refused" in added
        ? showFilters(portal, request, reply, { ...own, errors: added.refused })
        : redirectWithNotice(reply, `/applications/${own.application.id}/referrer-filters`, "filter-added");
    }),
  });
}

async function showFilters(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { application: { id, name }, developer, errors }: OwnApplication & { readonly errors?: FieldErrors },
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
      ...checkedFields(fields, errors),
    },
  });
}

function addDeleteReferrerFilterPage(http: FastifyInstance, portal: Portal): void {
  const { pool } = portal;
  addFormPage(http, portal, {
    path: "/applications/:id/referrer-filters/:filter/delete",
    show: requireReferrerFilters(portal, async (request, reply, { application, developer }) => {
      const filters = await listReferrerFilters(pool, request.provider.id, [application.id]);
      const filter = filters.find(({ id }) => id === readPathId(request, "filter"));
      if (!filter) return showNotFound(reply);
      return showForm(portal, request, reply, {
        title: `Delete ${filter.value}?`,
        lead: `The API will reject calls of ${titleOf(application)} from this host.`,
        submit: "Delete filter",
        isDestructive: true,
        back: { href: `/applications/${application.id}/referrer-filters`, text: "Referrer filters" },
        developer,
      });
    }),
    submit: requireReferrerFilters(portal, async (request, reply, own) => {
      const filterId = readPathId(request, "filter");
      if (filterId === undefined) return showNotFound(reply);
      const removed = await removeReferrerFilter(pool, { ...applicationChange(portal, request, own), filterId });
      return removed && !("notFound" in removed)
        ? redirectWithNotice(reply, `/applications/${own.application.id}/referrer-filters`, "filter-deleted")
        : showNotFound(reply);
    }),
  });
}

/**
 * Loads an application from the path, if its product requires referrer filters. As in 3scale, this does not depend on the
 * permission to manage applications: without a filter, the API rejects all calls.
 */
const requireReferrerFilters = (portal: Portal, page: Parameters<typeof requireApplication>[1]): DeveloperPage =>
  requireApplication(portal, async (request, reply, own) =>
    own.application.product.referrerFiltersRequired ? page(request, reply, own) : showNotFound(reply),
  );
