import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AttemptLimiter } from "#access/index.ts";
import { hasSessionToken, issueFormToken, readForm } from "#http/shared/forms.ts";
import { formatWait } from "#http/shared/sign-in-limits.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import { type Developer, type DeveloperPage, requireDeveloper } from "./developer.ts";
import { type FormField, checkedFields } from "./form-fields.ts";
import { showInvalidFormToken } from "./message-pages.ts";
import type { Portal } from "./page.ts";

interface FormPage {
  readonly path: string;
  readonly show: DeveloperPage;
  /** Called only if the form has the session's token. */
  readonly submit: DeveloperPage;
}

/** Adds a form for signed-in developers: GET shows it, POST submits it. */
export function addFormPage(http: FastifyInstance, portal: Portal, { path, show, submit }: FormPage): void {
  http.get(path, requireDeveloper(portal, show));
  http.post(
    path,
    requireDeveloper(portal, async (request, reply, developer) =>
      hasSessionToken(request, readForm(request.body), developer.csrfToken)
        ? submit(request, reply, developer)
        : showInvalidFormToken(portal, request, reply),
    ),
  );
}

/** Adds a form for admins of the account. */
export function addAdminFormPage(http: FastifyInstance, portal: Portal, page: FormPage): void {
  addFormPage(http, portal, {
    ...page,
    show: requireAdmin(portal, page.show),
    submit: requireAdmin(portal, page.submit),
  });
}

/** Shows a page to admins of the account, and 403 to its other members. */
export const requireAdmin =
  ({ showPage }: Portal, page: DeveloperPage): DeveloperPage =>
  async (request, reply, developer) =>
    developer.user.role === "admin"
      ? page(request, reply, developer)
      : showPage(request, reply, {
          template: "message",
          title: "Only admins of your account can do this",
          status: 403,
          developer,
          data: {
            text: `You are a member of ${developer.account.orgName}. Ask one of its admins to do this.`,
            link: { href: "/account", text: "My account" },
          },
        });

/** A page with one form, posted to the page's own path. */
export interface Form {
  readonly title: string;
  /** The key that the form is about. Kept out of the title, because browsers store titles in their history. */
  readonly code?: string;
  readonly lead?: string;
  readonly fields?: readonly FormField[];
  /** Label of the button. */
  readonly submit: string;
  /** Marks a change that cannot be undone. */
  readonly isDestructive?: boolean;
  readonly back?: { readonly href: string; readonly text: string };
  readonly developer?: Developer;
  /** Errors of a rejected form. The name `base` belongs to no field. */
  readonly errors?: FieldErrors | undefined;
  readonly status?: number | undefined;
}

export function showForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { title, fields = [], errors = {}, status, developer, isDestructive = false, ...texts }: Form,
): Promise<FastifyReply> {
  const isRejected = Object.keys(errors).length > 0;
  return portal.showPage(request, reply, {
    template: "form",
    title: `${isRejected ? "Please check: " : ""}${title}`,
    status: status ?? (isRejected ? 422 : 200),
    developer,
    data: {
      ...texts,
      heading: title,
      is_destructive: isDestructive,
      ...checkedFields(fields, errors),
      form_token: developer?.csrfToken ?? issueFormToken(request, reply, portal, portal.clock.now()),
    },
  });
}

/** Counts a mail caused by the account's users. Returns an error once the limit is reached. */
export async function mailLimitErrors(
  limiter: AttemptLimiter,
  { provider }: FastifyRequest,
  { account }: Developer,
): Promise<FieldErrors | undefined> {
  const seconds = await limiter.secondsToWait(`${provider.id} ${account.id}`);
  return seconds > 0 ? { base: [`Too many emails. Please try again ${formatWait(seconds)}.`] } : undefined;
}
