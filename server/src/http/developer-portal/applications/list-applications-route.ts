import type { FastifyInstance } from "fastify";
import { listApplications } from "#portal/applications/index.ts";
import { forDevelopers } from "../for-developers.ts";
import type { Portal } from "../show-page.ts";
import { describeApplication } from "./describe-application.ts";
import { findPlansToTake } from "./find-plans-to-take.ts";

export function addListApplicationsRoute(http: FastifyInstance, portal: Portal): void {
  const { pool, showPage } = portal;
  http.get(
    "/applications",
    forDevelopers(portal, async (request, reply, developer) => {
      const { id: providerId, timeZone } = request.provider;
      const applications = await listApplications(pool, providerId, developer.account.id);
      return showPage(request, reply, {
        template: "applications",
        title: "Applications",
        developer,
        data: {
          applications: applications.map((it) => describeApplication(it, timeZone)),
          may_create: (await findPlansToTake(pool, providerId)).length > 0,
        },
      });
    }),
  );
}
