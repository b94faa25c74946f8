import type { FastifyInstance } from "fastify";
import { regenerateUserKey } from "#portal/applications/index.ts";
import { addFormPage } from "../forms/add-form-page.ts";
import { showForm } from "../forms/show-form.ts";
import { goOnTo } from "../go-on-to.ts";
import { showNotAllowed } from "../show-not-allowed.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";
import { backTo, changeOf, withApplication } from "./with-application.ts";

/** Another key for an application that has one alone. */
export function addUserKeyPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/user-key",
    show: withApplication(portal, async (request, reply, { application, developer }) => {
      const { backendVersion, buyerKeyRegenerateEnabled } = application.product;
      if (backendVersion !== "1") return showNotFound(reply);
      if (!buyerKeyRegenerateEnabled) return showNotAllowed(portal, request, reply, developer);
      return showForm(portal, request, reply, {
        title: "Regenerate the key?",
        lead: "The old key is refused at once: programs that use it need the new one.",
        submit: "Regenerate key",
        isGrave: true,
        back: backTo(application),
        developer,
      });
    }),
    take: withApplication(portal, async (request, reply, owned) => {
      const outcome = await regenerateUserKey(portal.pool, changeOf(portal, request, owned));
      if (!outcome) return showNotFound(reply);
      if (!("notAllowed" in outcome)) return goOnTo(reply, `/applications/${owned.application.id}`, "key-regenerated");
      return outcome.notAllowed === "no user key"
        ? showNotFound(reply)
        : showNotAllowed(portal, request, reply, owned.developer);
    }),
  });
}
