import type { FastifyInstance } from "fastify";
import { readPlanRequest, titleOf } from "#portal/applications/index.ts";
import { readForm } from "../../shared/read-form.ts";
import { forDevelopers } from "../for-developers.ts";
import type { Portal } from "../show-page.ts";
import { countWebhooksOfSignUp } from "./count-webhooks-of-sign-up.ts";
import { describeApplication } from "./describe-application.ts";
import { findOtherPlans } from "./find-other-plans.ts";
import { linksOf } from "./links-of.ts";
import { withApplication } from "./with-application.ts";

export function addApplicationRoute(http: FastifyInstance, portal: Portal): void {
  const { pool, showPage, tryOut } = portal;
  http.get(
    "/applications/:id",
    forDevelopers(
      portal,
      withApplication(portal, async (request, reply, owned) => {
        const { application, developer } = owned;
        const { id: providerId, timeZone } = request.provider;
        const asked = await readPlanRequest(pool, providerId, application.id);
        const hasJustSignedUp = readForm(request.query)["signed_up"] !== undefined;
        const isTryOut = hasJustSignedUp && tryOut?.(request.provider) !== undefined;
        return showPage(request, reply, {
          template: "application",
          title: titleOf(application),
          developer,
          data: {
            application: describeApplication(application, timeZone),
            asked_plan: asked?.planName,
            links: linksOf(application, await findOtherPlans(pool, providerId, owned)),
            has_just_signed_up: hasJustSignedUp,
            webhooks_sent: isTryOut ? await countWebhooksOfSignUp(pool, providerId, developer.account) : 0,
          },
        });
      }),
    ),
  );
}
