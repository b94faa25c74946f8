import { fileURLToPath } from "node:url";
import type { FastifyReply, FastifyRequest } from "fastify";
import { openTemplates } from "../shared/open-templates.ts";
import type { AdminPortalNeeds } from "./admin-portal-needs.ts";

interface Page {
  readonly template: "sign-in" | "message";
  readonly title: string;
  readonly status?: number;
  readonly data?: Readonly<Record<string, unknown>>;
}

export type ShowPage = (request: FastifyRequest, reply: FastifyReply, page: Page) => Promise<FastifyReply>;

/** What the routes are given: the needs, and how to answer with one of the few pages that are not the app's. */
export interface AdminPortal extends AdminPortalNeeds {
  readonly showPage: ShowPage;
}

const templates = fileURLToPath(new URL("./templates/", import.meta.url));

export function createShowPage(
  { developerPortalUrl, tryOut }: AdminPortalNeeds,
  assets: Readonly<Record<string, string>>,
): ShowPage {
  const write = openTemplates(templates);

  return async (request, reply, { template, title, status = 200, data }) => {
    const html = await write(template, {
      ...data,
      title,
      provider_name: request.provider.name,
      developer_portal_url: `${developerPortalUrl(request.provider)}/`,
      is_try_out: tryOut?.(request.provider) !== undefined,
      assets: { css: assets["sign-in.css"], logo: assets["bellwire.svg"] },
    });
    return reply.code(status).type("text/html; charset=utf-8").send(html);
  };
}
