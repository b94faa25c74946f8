import type { FastifyInstance } from "fastify";
import { listReferrerFilters, removeReferrerFilter, titleOf } from "#portal/applications/index.ts";
import { addFormPage } from "../../forms/add-form-page.ts";
import { showForm } from "../../forms/show-form.ts";
import { goOnTo } from "../../go-on-to.ts";
import { readId } from "../../read-id.ts";
import { showNotFound } from "../../show-not-found.ts";
import type { Portal } from "../../show-page.ts";
import { changeOf } from "../with-application.ts";
import { withFilters } from "./with-filters.ts";

export function addDeleteReferrerFilterPage(http: FastifyInstance, portal: Portal): void {
  const { pool } = portal;
  addFormPage(http, portal, {
    path: "/applications/:id/referrer-filters/:filter/delete",
    show: withFilters(portal, async (request, reply, { application, developer }) => {
      const filters = await listReferrerFilters(pool, request.provider.id, [application.id]);
      const filter = filters.find(({ id }) => id === readId(request, "filter"));
      if (!filter) return showNotFound(reply);
      return showForm(portal, request, reply, {
        title: `Delete ${filter.value}?`,
        lead: `Calls of ${titleOf(application)} from there are refused from then on.`,
        submit: "Delete filter",
        isGrave: true,
        back: { href: `/applications/${application.id}/referrer-filters`, text: "Referrer filters" },
        developer,
      });
    }),
    take: withFilters(portal, async (request, reply, owned) => {
      const filterId = readId(request, "filter");
      if (filterId === undefined) return showNotFound(reply);
      const removed = await removeReferrerFilter(pool, { ...changeOf(portal, request, owned), filterId });
      return removed && !("notFound" in removed)
        ? goOnTo(reply, `/applications/${owned.application.id}/referrer-filters`, "filter-deleted")
        : showNotFound(reply);
    }),
  });
}
