import { fileURLToPath } from "node:url";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { problemOfError } from "#http/shared/error-answers.ts";
import { createTemplateRenderer, databaseFullPage, sendDatabaseAwayPage, tooBusyPage } from "#http/shared/pages.ts";
import type { Clock } from "#platform/clock/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import type { Provider } from "#portal/providers/index.ts";

export interface AdminPortalNeeds {
  readonly pool: Pool;
  readonly clock: Clock;
  /** How the outside reaches a provider's two sides, without a slash at the end. */
  readonly adminPortalUrl: (provider: Provider) => string;
  readonly developerPortalUrl: (provider: Provider) => string;
  readonly cookieSecret: Buffer;
  /** Whether browsers may send our cookies over https alone. */
  readonly secureCookies: boolean;
  /** What `web` built: an index.html, and what it names. May appear while we run. */
  readonly webFolder: string;
  /** Asked at each page, as the bin is made while we start. */
  readonly tryOut?: (provider: Provider) => object | undefined;
}

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
  const write = createTemplateRenderer(templates);

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

/** What goes wrong, as pages. The inside story goes to the log. */
export function addErrorPages(http: FastifyInstance, { showPage }: AdminPortal): void {
  http.addHook("onRequest", async (request, reply) => {
    // The Developer Portal has a host of its own, on which none of these pages exists.
    if (request.side === "developer") {
      reply.callNotFound();
      return reply;
    }
    if (request.provider.state === "approved") return undefined;
    const data = { text: "This provider is suspended." };
    return showPage(request, reply, { template: "message", title: "Closed", status: 403, data });
  });

  http.setErrorHandler<FastifyError>(async (error, request, reply) => {
    const problem = problemOfError(error);
    const isOurs = problem.status >= 500;
    if (isOurs && problem.code !== "too-busy") request.log.error({ err: error }, "page failed");
    if (problem.retryAfterSeconds !== undefined) reply.header("retry-after", problem.retryAfterSeconds);
    if (problem.code === "host-unknown") {
      return reply.code(problem.status).type("text/plain; charset=utf-8").send(`${problem.message}\n`);
    }
    if (problem.code === "database-away") return sendDatabaseAwayPage(reply, problem);
    if (problem.code === "too-busy") return showPage(request, reply, tooBusyPage);
    if (problem.code === "database-full") return showPage(request, reply, databaseFullPage);
    return showPage(request, reply, {
      template: "message",
      title: isOurs ? "Something went wrong on our side" : "That did not work",
      status: problem.status,
      data: {
        text: isOurs
          ? `Please try again. If it happens again, tell the operator this number: ${request.id}`
          : problem.message,
        link: { href: "/p/admin", text: "Back to the Admin Portal" },
      },
    });
  });
}
