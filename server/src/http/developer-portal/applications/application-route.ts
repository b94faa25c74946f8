import type { FastifyInstance } from "fastify";
import { readForm } from "../../shared/read-form.ts";
import { forDevelopers } from "../for-developers.ts";
import type { Portal } from "../show-page.ts";
import { countWebhooksOfSignUp } from "./count-webhooks-of-sign-up.ts";
import { describeApplication } from "./describe-application.ts";
import { findPlansToChangeTo } from "./find-plans-to-change-to.ts";
import { linksOf } from "./links-of.ts";
import { withApplication } from "./with-application.ts";

export function addApplicationRoute(http: FastifyInstance, portal: Portal): void {
  const { pool, showPage, tryOut } = portal;
  http.get(
    "/applications/:id",
    forDevelopers(
      portal,
      withApplication(portal, async (request, reply, { application, developer }) => {
        const { id: providerId, timeZone } = request.provider;
        const plans = await findPlansToChangeTo(pool, providerId, { application, account: developer.account });
        const hasJustSignedUp = readForm(request.query)["signed_up"] !== undefined;
        const isTryOut = hasJustSignedUp && tryOut?.() !== undefined;
        return showPage(request, reply, {
          template: "application",
          title: application.name,
          developer,
          data: {
            application: describeApplication(application, timeZone),
            links: linksOf(application, plans.length > 0),
            has_just_signed_up: hasJustSignedUp,
            webhooks_sent: isTryOut ? await countWebhooksOfSignUp(pool, providerId, developer.account) : 0,
          },
        });
      }),
    ),
  );
}
