import { fileURLToPath } from "node:url";
import type { FastifyReply, FastifyRequest } from "fastify";
import { openTemplates } from "../shared/open-templates.ts";
import type { DeveloperPortalNeeds, TryOutLinks } from "./developer-portal-needs.ts";
import type { Developer } from "./find-developer.ts";
import { sentenceFor } from "./go-on-to.ts";

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
  const write = openTemplates(templates);

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
      done: sentenceFor(request),
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
