import { requireDeveloper } from "./developer.ts";
import type { FastifyInstance } from "fastify";
import { readForm } from "#http/shared/forms.ts";
import type { Database } from "#platform/database/database.ts";
import type { Account } from "#portal/accounts/index.ts";
import { type Application, listApplications, readPlanRequest, titleOf } from "#portal/applications/index.ts";
import { listDeliveries } from "#webhooks/deliveries/index.ts";
import { addApplicationForms, findSelectablePlans } from "./application-forms.ts";
import { addKeyPages } from "./application-keys.ts";
import { addApplicationPlanPages, findOtherApplicationPlans } from "./application-plan.ts";
import { describeApplication, requireApplication } from "./application.ts";

import type { Portal } from "./page.ts";
import type { OtherPlans } from "./plans.ts";
import { addReferrerFilterPages } from "./referrer-filters.ts";

/** Adds the pages of the account's applications, with their plans and credentials. */
export function addApplicationsRoutes(http: FastifyInstance, portal: Portal): void {
  addListApplicationsRoute(http, portal);
  addApplicationForms(http, portal);
  addApplicationRoute(http, portal);
  addApplicationPlanPages(http, portal);
  addKeyPages(http, portal);
  addReferrerFilterPages(http, portal);
}

function addListApplicationsRoute(http: FastifyInstance, portal: Portal): void {
  const { pool, showPage } = portal;
  http.get(
    "/applications",
    requireDeveloper(portal, async (request, reply, developer) => {
      const { id: providerId, timeZone } = request.provider;
      const applications = await listApplications(pool, providerId, developer.account.id);
      return showPage(request, reply, {
        template: "applications",
        title: "Applications",
        developer,
        data: {
          applications: applications.map((application) => describeApplication(application, timeZone)),
          may_create: (await findSelectablePlans(pool, providerId)).length > 0,
        },
      });
    }),
  );
}

function addApplicationRoute(http: FastifyInstance, portal: Portal): void {
  const { pool, showPage, tryOut } = portal;
  http.get(
    "/applications/:id",
    requireDeveloper(
      portal,
      requireApplication(portal, async (request, reply, own) => {
        const { application, developer } = own;
        const { id: providerId, timeZone } = request.provider;
        const planRequest = await readPlanRequest(pool, providerId, application.id);
        const hasJustSignedUp = readForm(request.query)["signed_up"] !== undefined;
        const isTryOut = hasJustSignedUp && tryOut?.(request.provider) !== undefined;
        return showPage(request, reply, {
          template: "application",
          title: titleOf(application),
          developer,
          data: {
            application: describeApplication(application, timeZone),
            requested_plan: planRequest?.planName,
            links: applicationLinks(application, await findOtherApplicationPlans(pool, providerId, own)),
            has_just_signed_up: hasJustSignedUp,
            webhooks_sent: isTryOut ? await countSignUpWebhooks(pool, providerId, developer.account) : 0,
          },
        });
      }),
    ),
  );
}

interface Link {
  readonly href: string;
  readonly text: string;
  readonly is_destructive?: boolean;
}

/** Returns the links to the forms that the product allows: those of credentials, and the others. */
function applicationLinks(
  { id, product }: Application,
  other: OtherPlans | undefined,
): { readonly credentials: readonly Link[]; readonly rest: readonly Link[] } {
  const path = `/applications/${id}`;
  const link = (isAllowed: boolean, page: string, text: string): readonly Link[] =>
    isAllowed ? [{ href: `${path}/${page}`, text }] : [];
  const hasUserKey = product.backendVersion === "1";
  return {
    credentials: [
      ...link(hasUserKey && product.buyerKeyRegenerateEnabled, "user-key", "Regenerate key"),
      ...link(!hasUserKey && product.buyersManageKeys, "keys", "Manage keys"),
      ...link(product.referrerFiltersRequired, "referrer-filters", "Referrer filters"),
    ],
    rest: [
      ...link(product.buyersManageApps, "edit", "Edit"),
      ...link(other !== undefined, "plan", other?.step === "ask" ? "Request another plan" : "Change plan"),
      ...link(product.buyersManageApps, "delete", "Delete").map((entry) => ({ ...entry, is_destructive: true })),
    ],
  };
}

/** Enough for one sign-up with a few endpoints. A lower count than the real one is acceptable. */
const deliveriesMax = 50;

/** Counts the deliveries of the account's sign-up. */
async function countSignUpWebhooks(db: Database, providerId: number, account: Account): Promise<number> {
  const deliveries = await listDeliveries(db, { providerId, since: account.createdAt, limit: deliveriesMax });
  return deliveries.filter((delivery) => delivery.accountId === account.id).length;
}
