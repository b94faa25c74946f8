import type { FastifyInstance } from "fastify";
import { listApplications } from "#portal/applications/index.ts";
import { readPlans } from "#portal/products/index.ts";
import { readProviderSettings } from "#portal/provider-account/index.ts";
import { readAccountPlanRequest } from "#portal/whole-accounts/index.ts";
import { describeApplication } from "../applications/describe-application.ts";
import { forDevelopers } from "../for-developers.ts";
import type { Portal } from "../show-page.ts";
import { writeDate } from "../write-date.ts";
import { findOtherAccountPlans } from "./account-plan-page.ts";

export function addAccountRoute(http: FastifyInstance, portal: Portal): void {
  const { pool, showPage } = portal;

  http.get(
    "/account",
    forDevelopers(portal, async (request, reply, developer) => {
      const { id: providerId, timeZone } = request.provider;
      const { account, user } = developer;
      const [plan] = await readPlans(pool, providerId, [account.planId]);
      const applications = await listApplications(pool, providerId, account.id);
      const { userAccountAreaEnabled } = await readProviderSettings(pool, providerId);
      const other = await findOtherAccountPlans(pool, providerId, account);
      const asked = await readAccountPlanRequest(pool, providerId, account.id);
      return showPage(request, reply, {
        template: "account",
        title: "My account",
        developer,
        data: {
          account: {
            org_name: account.orgName,
            state: account.state,
            plan: plan?.name,
            since: writeDate(account.createdAt, timeZone),
            is_editable: userAccountAreaEnabled,
            plan_step: other?.step,
            asked_plan: asked?.planName,
          },
          user: { username: user.username, email: user.email, role: user.role },
          applications: applications.map((it) => describeApplication(it, timeZone)),
        },
      });
    }),
  );
}
