import type { FastifyReply, FastifyRequest } from "fastify";
import { readApplication, titleOf, type Application, type ApplicationChange } from "#portal/applications/index.ts";
import { byDeveloper } from "../by-developer.ts";
import type { Developer } from "../find-developer.ts";
import type { DeveloperPage } from "../for-developers.ts";
import { readId } from "../read-id.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";

/** An application of one's own account, and whoever looks at it. */
export interface Owned {
  readonly application: Application;
  readonly developer: Developer;
}

type ApplicationPage = (request: FastifyRequest, reply: FastifyReply, owned: Owned) => Promise<FastifyReply>;

/** A page of an application that the path names. Another account's is not there. */
export const withApplication =
  ({ pool }: Portal, page: ApplicationPage): DeveloperPage =>
  async (request, reply, developer) => {
    const id = readId(request);
    const application = id === undefined ? undefined : await readApplication(pool, request.provider.id, id);
    return application?.accountId === developer.account.id
      ? page(request, reply, { application, developer })
      : showNotFound(reply);
  };

/** What every use case has to know about a change that a developer makes of an application. */
export const changeOf = (
  portal: Portal,
  { provider }: FastifyRequest,
  { application, developer }: Owned,
): ApplicationChange & { readonly writer: "developer" } => ({
  provider,
  accountId: application.accountId,
  applicationId: application.id,
  writer: "developer",
  by: byDeveloper(portal, developer),
});

/** Where the pages about an application lead back to. */
export const backTo = (application: Application): { readonly href: string; readonly text: string } => ({
  href: `/applications/${application.id}`,
  text: titleOf(application),
});
