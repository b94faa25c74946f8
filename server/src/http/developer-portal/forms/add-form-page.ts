import type { FastifyInstance } from "fastify";
import { belongsToSession } from "../../shared/form-token.ts";
import { readForm } from "../../shared/read-form.ts";
import { forDevelopers, type DeveloperPage } from "../for-developers.ts";
import { showFormRefused } from "../show-form-refused.ts";
import type { Portal } from "../show-page.ts";

interface FormPage {
  readonly path: string;
  readonly show: DeveloperPage;
  /** Comes only when the form holds the session's token. */
  readonly take: DeveloperPage;
}

/** A form for whoever is signed in: one path shows it and takes it. */
export function addFormPage(http: FastifyInstance, portal: Portal, { path, show, take }: FormPage): void {
  http.get(path, forDevelopers(portal, show));
  http.post(
    path,
    forDevelopers(portal, async (request, reply, developer) =>
      belongsToSession(request, readForm(request.body), developer.csrfToken)
        ? take(request, reply, developer)
        : showFormRefused(portal, request, reply),
    ),
  );
}

/** The same for admins of the account: its other members are told that they are not. */
export function addAdminFormPage(http: FastifyInstance, portal: Portal, page: FormPage): void {
  addFormPage(http, portal, { ...page, show: forAdmins(portal, page.show), take: forAdmins(portal, page.take) });
}

/** A page that only admins of the account may see. */
export const forAdmins =
  ({ showPage }: Portal, page: DeveloperPage): DeveloperPage =>
  async (request, reply, developer) =>
    developer.user.role === "admin"
      ? page(request, reply, developer)
      : showPage(request, reply, {
          template: "message",
          title: "This is for admins of your account",
          status: 403,
          developer,
          data: {
            text: `You are a member of ${developer.account.orgName}. Ask one of its admins to do this.`,
            link: { href: "/account", text: "My account" },
          },
        });
