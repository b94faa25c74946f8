import { fileURLToPath } from "node:url";
import type { FastifyReply, FastifyRequest } from "fastify";
import { readForm } from "#http/shared/forms.ts";
import { createTemplateRenderer } from "#http/shared/pages.ts";
import type { Clock } from "#platform/clock/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { readId as idOf } from "#platform/ids/read-id.ts";
import { type Provider, writeTimestamp } from "#portal/providers/index.ts";
import type { Developer } from "./developer.ts";

/** Where the three steps of the try-out lead, besides the sign-up. */
interface TryOutLinks {
  /** A page that asks for a sign-in: visitors must not see what others did. */
  readonly binsUrl: string;
  readonly adminUrl: string;
}

export interface DeveloperPortalNeeds {
  readonly pool: Pool;
  readonly clock: Clock;
  /** How the outside reaches a provider's two sides, without a slash at the end. */
  readonly adminPortalUrl: (provider: Provider) => string;
  readonly developerPortalUrl: (provider: Provider) => string;
  readonly cookieSecret: Buffer;
  /** Whether browsers may send our cookies over https alone. */
  readonly secureCookies: boolean;
  /** Whether a mail server is configured: the default for proving one's address before anything else. */
  readonly mailIsSent: boolean;
  /** Asked at each page, as the bin is made while we start. */
  readonly tryOut?: (provider: Provider) => TryOutLinks | undefined;
}

interface Page {
  readonly template: string;
  readonly title: string;
  readonly status?: number;
  readonly developer?: Developer | undefined;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** What the routes are given: the needs, and how to answer with a page. */
export interface Portal extends DeveloperPortalNeeds {
  readonly showPage: ShowPage;
}

export type ShowPage = (request: FastifyRequest, reply: FastifyReply, page: Page) => Promise<FastifyReply>;

const templates = fileURLToPath(new URL("./templates/", import.meta.url));

/** Every page is a template, and what it can show is listed here. */
export function createShowPage(
  { tryOut, mailIsSent }: Pick<DeveloperPortalNeeds, "tryOut" | "mailIsSent">,
  assets: Readonly<Record<string, string>>,
): ShowPage {
  const write = createTemplateRenderer(templates);

  return async (request, reply, { template, title, status = 200, developer, data }) => {
    const html = await write(template, {
      ...data,
      title,
      path: request.url.split("?", 1)[0],
      provider: { name: request.provider.name, signups_enabled: request.provider.signupsEnabled },
      developer: developer && {
        username: developer.user.username,
        org_name: developer.account.orgName,
        form_token: developer.csrfToken,
        is_admin: developer.user.role === "admin",
      },
      done: noticeFor(request),
      try_out: tryOutLinks(tryOut?.(request.provider), mailIsSent),
      assets: { css: assets["portal.css"], js: assets["portal.js"], icon: assets["icon.svg"] },
    });
    return reply.code(status).type("text/html; charset=utf-8").send(html);
  };
}

const tryOutLinks = (links: TryOutLinks | undefined, mailIsSent: boolean) =>
  links && {
    bins_url: links.binsUrl,
    admin_url: links.adminUrl,
    kept_mails_url: mailIsSent ? undefined : `${links.adminUrl}/mails`,
  };

/** What the page after a form says was done. */
const notices = {
  saved: "Your changes are saved.",
  "password-changed": "Your password is changed. Other browsers that were logged in are not any more.",
  "password-chosen": "Your new password is set. Log in with it.",
  "user-deleted": "The user is deleted.",
  "activation-sent": "The activation mail is on its way.",
  invited: "The invitation is on its way.",
  "invitation-deleted": "The invitation is deleted: its link opens nothing any more.",
  joined: "Welcome! You are a member of this account now.",
  "application-created": "Your application is ready.",
  "application-asked-for": "Your application waits for approval. Its credentials work once it is approved.",
  "application-deleted": "The application is deleted.",
  "plan-changed": "The plan is changed.",
  "plan-asked-for": "Your request is on its way. Until it is decided, the plan stays as it is.",
  "request-withdrawn": "Your request is withdrawn. The plan stays as it is.",
  "key-added": "The key is added. It can be used at once.",
  "key-deleted": "The key is deleted.",
  "key-regenerated": "There is a new key. The old one is gone.",
  "filter-added": "The referrer filter is added.",
  "filter-deleted": "The referrer filter is deleted.",
} as const satisfies Record<string, string>;

type Notice = keyof typeof notices;

/** After a form has worked, on to a page that says so. */
export const redirectWithNotice = (reply: FastifyReply, path: string, deed: Notice): FastifyReply =>
  reply.redirect(`${path}?done=${deed}`, 303);

/** What was done before the page that is asked for. */
function noticeFor(request: FastifyRequest): string | undefined {
  const { done } = readForm(request.query);
  return Object.entries(notices).find(([deed]) => deed === done)?.[1];
}

/** A moment for people and for their programs: `24 November 2026` and its ISO form. */
export interface FormattedDate {
  readonly text: string;
  readonly iso: string;
}

export const formatDate = (at: Date, timeZone: string): FormattedDate => ({
  text: new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone }).format(at),
  iso: writeTimestamp(at, timeZone),
});

/** A number of the path. What is no id is nobody's. */
export const readPathId = (request: FastifyRequest, name = "id"): number | undefined =>
  idOf(readForm(request.params)[name] ?? "");
