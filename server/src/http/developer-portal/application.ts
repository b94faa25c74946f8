import type { FastifyReply } from "fastify";
import { type Application, type ApplicationChange, readApplication, titleOf } from "#portal/applications/index.ts";
import {
  developerContext,
  type DeveloperPage,
  type DeveloperVisit,
  formatDate,
  type FormattedDate,
  readPathId,
  showNotFound,
} from "./page.ts";

/** A visit of a page of one of the account's applications. */
export interface ApplicationVisit extends DeveloperVisit {
  readonly application: Application;
}

export type ApplicationPage = (visit: ApplicationVisit) => Promise<FastifyReply>;

/** Loads an application of the account from the path. Responds 404 for another account's. */
export const requireApplication =
  (page: ApplicationPage): DeveloperPage =>
  async (visit) => {
    const { portal, request, developer } = visit;
    const id = readPathId(request);
    const application = id === undefined ? undefined : await readApplication(portal.pool, request.provider.id, id);
    return application?.accountId === developer.account.id
      ? page({ ...visit, application })
      : showNotFound(visit.reply);
  };

/** Returns the arguments shared by all use cases that change an application. */
export const applicationChange = (visit: ApplicationVisit): ApplicationChange & { readonly writer: "developer" } => ({
  provider: visit.request.provider,
  accountId: visit.application.accountId,
  applicationId: visit.application.id,
  writer: "developer",
  by: developerContext(visit),
});

export const applicationLink = (application: Application): { readonly href: string; readonly text: string } => ({
  href: `/applications/${application.id}`,
  text: titleOf(application),
});

/** A value that identifies the application in API calls. */
interface Credential {
  readonly id: string;
  readonly label: string;
  readonly value: string;
}

/** An application, as the templates render it. */
export interface DescribedApplication {
  readonly id: number;
  readonly name: string;
  readonly description: string | null;
  readonly state: Application["state"];
  readonly product: string;
  readonly plan: string;
  readonly redirect_url: string | null;
  readonly since: FormattedDate;
  readonly credentials: readonly Credential[];
}

export function describeApplication(application: Application, timeZone: string): DescribedApplication {
  return {
    id: application.id,
    name: titleOf(application),
    description: application.description,
    state: application.state,
    product: application.product.name,
    plan: application.plan.name,
    redirect_url: application.product.backendVersion === "oauth" ? application.redirectUrl : null,
    since: formatDate(application.createdAt, timeZone),
    credentials: credentialsOf(application),
  };
}

/** Returns the credentials that the product's authentication mode uses. */
function credentialsOf({ product, userKey, applicationId, keys }: Application): readonly Credential[] {
  if (product.backendVersion === "1") return [{ id: "user-key", label: "API key", value: userKey }];
  const isOAuth = product.backendVersion === "oauth";
  return [
    { id: "application-id", label: isOAuth ? "Client ID" : "Application ID", value: applicationId },
    ...keys.map(({ value }, index) => ({
      id: `key-${index + 1}`,
      label: isOAuth ? "Client secret" : keys.length === 1 ? "Application key" : `Application key ${index + 1}`,
      value,
    })),
  ];
}
