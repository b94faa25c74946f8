import type { FastifyInstance } from "fastify";
import { listApplications } from "#portal/applications/index.ts";
import { readPlans } from "#portal/products/index.ts";
import { readProviderSettings } from "#portal/provider-account/index.ts";
import { describeApplication } from "../applications/describe-application.ts";
import { forDevelopers } from "../for-developers.ts";
import type { Portal } from "../show-page.ts";
import { writeDate } from "../write-date.ts";
import { findOpenAccountPlans } from "./account-plan-page.ts";

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
      const openPlans = await findOpenAccountPlans(pool, providerId, account);
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
            can_change_plan: openPlans.length > 0,
          },
          user: { username: user.username, email: user.email, role: user.role },
          applications: applications.map((it) => describeApplication(it, timeZone)),
        },
      });
    }),
  );
}
