import type { FastifyInstance } from "fastify";
import { readAccountPlanRequest, withdrawAccountPlanRequest } from "#portal/whole-accounts/index.ts";
import { addAdminFormPage } from "../forms/add-form-page.ts";
import { showForm } from "../forms/show-form.ts";
import { goOnTo } from "../go-on-to.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";

/** Takes back what was asked for the account, while nobody has decided. */
export function addWithdrawAccountPlanRequestPage(http: FastifyInstance, portal: Portal): void {
  addAdminFormPage(http, portal, {
    path: "/account/plan/withdraw",
    show: async (request, reply, developer) => {
      const asked = await readAccountPlanRequest(portal.pool, request.provider.id, developer.account.id);
      if (!asked) return showNotFound(reply);
      return showForm(portal, request, reply, {
        title: `Withdraw the request for ${asked.planName}?`,
        lead: "Your account stays on the plan that it has.",
        submit: "Withdraw request",
        back: { href: "/account", text: "My account" },
        developer,
      });
    },
    take: async (request, reply, { account }) =>
      (await withdrawAccountPlanRequest(portal.pool, { provider: request.provider, accountId: account.id }))
        ? goOnTo(reply, "/account", "request-withdrawn")
        : showNotFound(reply),
  });
}
