import type { FastifyInstance } from "fastify";
import { changeApplicationPlan } from "#portal/applications/index.ts";
import { readForm } from "../../shared/read-form.ts";
import { addFormPage } from "../forms/add-form-page.ts";
import { showForm } from "../forms/show-form.ts";
import { goOnTo } from "../go-on-to.ts";
import { showNotAllowed } from "../show-not-allowed.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";
import { findPlansToChangeTo } from "./find-plans-to-change-to.ts";
import { backTo, changeOf, withApplication } from "./with-application.ts";

/** Another plan for an application, where its product lets developers change it at once. */
export function addApplicationPlanPage(http: FastifyInstance, portal: Portal): void {
  const { pool } = portal;
  addFormPage(http, portal, {
    path: "/applications/:id/plan",
    show: withApplication(portal, async (request, reply, { application, developer }) => {
      const onPlan = { application, account: developer.account };
      const plans = await findPlansToChangeTo(pool, request.provider.id, onPlan);
      if (plans.length === 0) return showNotAllowed(portal, request, reply, developer);
      const options = plans.map(({ id, name }) => ({ value: String(id), text: name }));
      return showForm(portal, request, reply, {
        title: "Change plan",
        lead: `${application.name} is on the plan ${application.plan.name}.`,
        fields: [{ name: "plan_id", label: "Plan", type: "text", required: true, options }],
        submit: "Change plan",
        back: backTo(application),
        developer,
      });
    }),
    take: withApplication(portal, async (request, reply, owned) => {
      const { plan_id: planId } = readForm(request.body);
      const onPlan = { application: owned.application, account: owned.developer.account };
      const plans = await findPlansToChangeTo(pool, request.provider.id, onPlan);
      const plan = plans.find(({ id }) => String(id) === planId);
      if (!plan) return showNotAllowed(portal, request, reply, owned.developer);
      const changed = await changeApplicationPlan(pool, { ...changeOf(portal, request, owned), planId: plan.id });
      if (!changed || "notFound" in changed) return showNotFound(reply);
      return "notAllowed" in changed
        ? showNotAllowed(portal, request, reply, owned.developer)
        : goOnTo(reply, `/applications/${owned.application.id}`, "plan-changed");
    }),
  });
}
