import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AttemptLimiter } from "#access/index.ts";
import { hasSessionToken, issueFormToken, readForm } from "#http/shared/forms.ts";
import { formatWait } from "#http/shared/sign-in-limits.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import { type Developer, findDeveloper } from "./developer.ts";
import { type FormField, checkedFields } from "./form-fields.ts";
import { showInvalidFormToken } from "./message-pages.ts";
import type { Portal } from "./page.ts";

interface FormPage {
  readonly path: string;
  readonly show: DeveloperPage;
  /** Comes only when the form holds the session's token. */
  readonly take: DeveloperPage;
}

/** A form for whoever is signed in: one path shows it and takes it. */
export function addFormPage(http: FastifyInstance, portal: Portal, { path, show, take }: FormPage): void {
  http.get(path, requireDeveloper(portal, show));
  http.post(
    path,
    requireDeveloper(portal, async (request, reply, developer) =>
      hasSessionToken(request, readForm(request.body), developer.csrfToken)
        ? take(request, reply, developer)
        : showInvalidFormToken(portal, request, reply),
    ),
  );
}

/** The same for admins of the account: its other members are told that they are not. */
export function addAdminFormPage(http: FastifyInstance, portal: Portal, page: FormPage): void {
  addFormPage(http, portal, { ...page, show: requireAdmin(portal, page.show), take: requireAdmin(portal, page.take) });
}

/** A page that only admins of the account may see. */
export const requireAdmin =
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

export type DeveloperPage = (
  request: FastifyRequest,
  reply: FastifyReply,
  developer: Developer,
) => Promise<FastifyReply>;

/** A page for whoever is signed in; everybody else signs in first and comes back. */
export const requireDeveloper =
  (portal: Portal, page: DeveloperPage): ((request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>) =>
  async (request, reply) => {
    const developer = await findDeveloper(portal, request);
    if (!developer) return reply.redirect(`/login?return_to=${encodeURIComponent(request.url)}`, 302);
    return page(request, reply, developer);
  };

/** A page with one form, which is sent to the page's own path. */
export interface Form {
  readonly title: string;
  /** What a program knows the thing by that this is about. Not in the title, which stays in a browser's history. */
  readonly code?: string;
  readonly lead?: string;
  readonly fields?: readonly FormField[];
  /** What the button says. */
  readonly submit: string;
  /** Whether something is gone for good afterwards. */
  readonly isGrave?: boolean;
  readonly back?: { readonly href: string; readonly text: string };
  readonly developer?: Developer;
  /** Why it is shown again. `base` stands beside no field. */
  readonly errors?: FieldErrors | undefined;
  readonly status?: number | undefined;
}

export function showForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { title, fields = [], errors = {}, status, developer, isGrave = false, ...words }: Form,
): Promise<FastifyReply> {
  const isAgain = Object.keys(errors).length > 0;
  return portal.showPage(request, reply, {
    template: "form",
    title: `${isAgain ? "Please check: " : ""}${title}`,
    status: status ?? (isAgain ? 422 : 200),
    developer,
    data: {
      ...words,
      heading: title,
      is_grave: isGrave,
      ...checkedFields(fields, errors),
      form_token: developer?.csrfToken ?? issueFormToken(request, reply, portal, portal.clock.now()),
    },
  });
}

/** Counts a mail that the account's people make us send, and says what is wrong once there are too many. */
export async function mailLimitErrors(
  limiter: AttemptLimiter,
  { provider }: FastifyRequest,
  { account }: Developer,
): Promise<FieldErrors | undefined> {
  const seconds = await limiter.secondsToWait(`${provider.id} ${account.id}`);
  return seconds > 0 ? { base: [`These were many mails. Please try again ${formatWait(seconds)}.`] } : undefined;
}
