import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { problemOfError } from "#http/shared/error-answers.ts";
import { databaseFullPage, sendDatabaseAwayPage, tooBusyPage } from "#http/shared/pages.ts";
import { type Developer, findDeveloper } from "./developer.ts";
import type { Portal } from "./page.ts";

/** Renders missing pages and errors. Internal details go to the log only. */
export function addErrorPages(http: FastifyInstance, portal: Portal): void {
  const { showPage } = portal;
  // None of these pages exists on the admin host.
  http.addHook("onRequest", async (request, reply) => {
    if (request.side === "admin" && request.routeOptions.url !== "/") {
      reply.callNotFound();
      return reply;
    }
    return request.provider.state === "approved" ? undefined : showUnavailable(portal, request, reply);
  });

  http.setNotFoundHandler(async (request, reply) => {
    if (request.side === "admin") {
      return reply
        .code(404)
        .type("text/plain; charset=utf-8")
        .send("Page not found. The Admin Portal is at /p/admin.\n");
    }
    return showPage(request, reply, {
      template: "message",
      title: "Page not found",
      status: 404,
      developer: await findDeveloper(portal, request),
      data: { text: "The address may be wrong, or the page may have been removed.", link: { href: "/", text: "Home" } },
    });
  });

  http.setErrorHandler<FastifyError>(async (error, request, reply) => {
    const problem = problemOfError(error);
    if (problem.status >= 500 && problem.code !== "too-busy") request.log.error({ err: error }, "page failed");
    if (problem.retryAfterSeconds !== undefined) reply.header("retry-after", problem.retryAfterSeconds);
    if (problem.code === "host-unknown")
      return reply.code(problem.status).type("text/plain; charset=utf-8").send(`${problem.message}\n`);
    if (problem.code === "database-away") return sendDatabaseAwayPage(reply, problem);
    if (problem.code === "too-busy") return showPage(request, reply, tooBusyPage);
    if (problem.code === "database-full") return showPage(request, reply, databaseFullPage);
    return showPage(request, reply, {
      template: "message",
      title: problem.status >= 500 ? "Something went wrong on our side" : "The request failed",
      status: problem.status,
      data: {
        text:
          problem.status >= 500
            ? `Please try again. If it happens again, contact us and mention request ${request.id}.`
            : problem.message,
        link: { href: "/", text: "Home" },
      },
    });
  });
}

const showUnavailable = ({ showPage }: Portal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
  showPage(request, reply, {
    template: "message",
    title: "This portal is closed",
    status: 403,
    data: { text: "The Developer Portal is not available at the moment." },
  });

/** Responds alike for a missing object and another account's object. */
export function showNotFound(reply: FastifyReply): FastifyReply {
  reply.callNotFound();
  return reply;
}

/** Refuses a change that the product reserves for the provider. */
export const showNotAllowed = (
  { showPage }: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  developer: Developer,
): Promise<FastifyReply> =>
  showPage(request, reply, {
    template: "message",
    title: "Only the provider can do this",
    status: 403,
    developer,
    data: {
      text: `Contact ${request.provider.name} to make this change. Nothing was changed.`,
      link: { href: "/applications", text: "Applications" },
    },
  });

/** Refuses a form without a valid token, for example one sent by another site or after the session ended. */
export const showInvalidFormToken = (
  { showPage }: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  formPath = request.url === "/logout" ? "/" : request.url,
): Promise<FastifyReply> =>
  showPage(request, reply, {
    template: "message",
    title: "Please reload the form",
    status: 403,
    data: {
      text: "This form could not be verified. It may have been open for too long, or cookies may be disabled. Nothing was changed.",
      link: { href: formPath, text: "Reload the form" },
    },
  });

/** Responds to a mailed link that has been used, replaced or has expired. */
export const showExpiredLink = (
  { showPage }: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  data: { readonly text: string; readonly link: { readonly href: string; readonly text: string } },
): Promise<FastifyReply> =>
  showPage(request, reply, { template: "message", title: "This link no longer works", status: 404, data });
