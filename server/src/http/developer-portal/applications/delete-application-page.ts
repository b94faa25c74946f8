import type { FastifyInstance } from "fastify";
import { deleteApplication, titleOf } from "#portal/applications/index.ts";
import { addFormPage } from "../forms/add-form-page.ts";
import { showForm } from "../forms/show-form.ts";
import { goOnTo } from "../go-on-to.ts";
import { showNotAllowed } from "../show-not-allowed.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";
import { backTo, changeOf, withApplication } from "./with-application.ts";

/** Asks first: the programs that use its keys stop working. */
export function addDeleteApplicationPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/delete",
    show: withApplication(portal, async (request, reply, { application, developer }) =>
      application.product.buyersManageApps
        ? showForm(portal, request, reply, {
            title: `Delete ${titleOf(application)}?`,
            lead: "Programs that call the API with its credentials are refused from then on. This cannot be undone.",
            submit: "Delete application",
            isGrave: true,
            back: backTo(application),
            developer,
          })
        : showNotAllowed(portal, request, reply, developer),
    ),
    take: withApplication(portal, async (request, reply, owned) => {
      const deleted = await deleteApplication(portal.pool, changeOf(portal, request, owned));
      if (!deleted) return showNotFound(reply);
      return "notAllowed" in deleted
        ? showNotAllowed(portal, request, reply, owned.developer)
        : goOnTo(reply, "/applications", "application-deleted");
    }),
  });
}
