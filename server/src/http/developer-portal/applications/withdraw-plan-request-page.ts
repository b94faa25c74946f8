import type { FastifyInstance } from "fastify";
import { readPlanRequest, titleOf, withdrawPlanRequest } from "#portal/applications/index.ts";
import { addFormPage } from "../forms/add-form-page.ts";
import { showForm } from "../forms/show-form.ts";
import { goOnTo } from "../go-on-to.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";
import { backTo, changeOf, withApplication } from "./with-application.ts";

/** Takes back what was asked for an application, while nobody has decided. */
export function addWithdrawPlanRequestPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/plan/withdraw",
    show: withApplication(portal, async (request, reply, { application, developer }) => {
      const asked = await readPlanRequest(portal.pool, request.provider.id, application.id);
      if (!asked) return showNotFound(reply);
      return showForm(portal, request, reply, {
        title: `Withdraw the request for ${asked.planName}?`,
        lead: `${titleOf(application)} stays on the plan ${application.plan.name}.`,
        submit: "Withdraw request",
        back: backTo(application),
        developer,
      });
    }),
    take: withApplication(portal, async (request, reply, owned) =>
      (await withdrawPlanRequest(portal.pool, changeOf(portal, request, owned)))
        ? goOnTo(reply, `/applications/${owned.application.id}`, "request-withdrawn")
        : showNotFound(reply),
    ),
  });
}
