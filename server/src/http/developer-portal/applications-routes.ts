import type { FastifyInstance } from "fastify";
import { listApplications, readApplication } from "#portal/applications/index.ts";
import { readForm } from "../shared/read-form.ts";
import { countWebhooksOfSignUp } from "./count-webhooks-of-sign-up.ts";
import { describeApplication } from "./describe-application.ts";
import { forDevelopers } from "./for-developers.ts";
import type { Portal } from "./show-page.ts";

const idShape = /^[1-9]\d{0,14}$/;

/** The applications of the developer's own account. Another's is not there. */
export function addApplicationsRoutes(http: FastifyInstance, portal: Portal): void {
  const { pool, showPage, tryOut } = portal;

  http.get(
    "/applications",
    forDevelopers(portal, async (request, reply, developer) => {
      const { id: providerId, timeZone } = request.provider;
      const applications = await listApplications(pool, providerId, developer.account.id);
      return showPage(request, reply, {
        template: "applications",
        title: "Applications",
        developer,
        data: { applications: applications.map((it) => describeApplication(it, timeZone)) },
      });
    }),
  );

  http.get(
    "/applications/:id",
    forDevelopers(portal, async (request, reply, developer) => {
      const { id: providerId, timeZone } = request.provider;
      const { id = "" } = readForm(request.params);
      const application = idShape.test(id) ? await readApplication(pool, providerId, Number(id)) : undefined;
      if (application?.accountId !== developer.account.id) {
        reply.callNotFound();
        return reply;
      }

      const hasJustSignedUp = readForm(request.query)["signed_up"] !== undefined;
      const isTryOut = hasJustSignedUp && tryOut?.() !== undefined;
      return showPage(request, reply, {
        template: "application",
        title: application.name,
        developer,
        data: {
          application: describeApplication(application, timeZone),
          has_just_signed_up: hasJustSignedUp,
          webhooks_sent: isTryOut ? await countWebhooksOfSignUp(pool, providerId, developer.account) : 0,
        },
      });
    }),
  );
}
