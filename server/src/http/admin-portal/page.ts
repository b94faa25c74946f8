import { fileURLToPath } from "node:url";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type PortalNeeds, addErrorHandler, createTemplateRenderer } from "#http/shared/pages.ts";
import type { Provider } from "#portal/providers/index.ts";

export interface AdminPortalNeeds extends PortalNeeds {
  /** Build output of `web`: index.html and its assets. May appear while the process runs. */
  readonly webFolder: string;
  /** Called for each page, because the bin is created during startup. */
  readonly tryOut?: (provider: Provider) => object | undefined;
}

interface Page {
  readonly template: "sign-in" | "message";
  readonly title: string;
  readonly status?: number;
  readonly data?: Readonly<Record<string, unknown>>;
}

export type ShowPage = (request: FastifyRequest, reply: FastifyReply, page: Page) => Promise<FastifyReply>;

/** Dependencies of the routes, with the renderer of the pages outside the app. */
export interface AdminPortal extends AdminPortalNeeds {
  readonly showPage: ShowPage;
}

const templates = fileURLToPath(new URL("./templates/", import.meta.url));

export function createShowPage(
  { developerPortalUrl, tryOut }: AdminPortalNeeds,
  assets: Readonly<Record<string, string>>,
): ShowPage {
  const render = createTemplateRenderer(templates);

  return async (request, reply, { template, title, status = 200, data }) => {
    const html = await render(template, {
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

/** Renders errors. Internal details go to the log only. */
export function addErrorPages(http: FastifyInstance, { showPage }: AdminPortal): void {
  http.addHook("onRequest", async (request, reply) => {
    // None of these pages exists on the host of the Developer Portal.
    if (request.side === "developer") {
      reply.callNotFound();
      return reply;
    }
    if (request.provider.state === "approved") return undefined;
    const data = { text: "This provider is suspended." };
    return showPage(request, reply, { template: "message", title: "Provider suspended", status: 403, data });
  });

  addErrorHandler(http, {
    showPage,
    contact: "the operator",
    link: { href: "/p/admin", text: "Back to the Admin Portal" },
  });
}
