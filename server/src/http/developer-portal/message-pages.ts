import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { problemOfError } from "#http/shared/error-answers.ts";
import { databaseFullPage, sendDatabaseAwayPage, tooBusyPage } from "#http/shared/pages.ts";
import { type Developer, findDeveloper } from "./developer.ts";
import type { Portal } from "./page.ts";

/** What is not there, and what goes wrong, as pages. The inside story goes to the log. */
export function addErrorPages(http: FastifyInstance, portal: Portal): void {
  const { showPage } = portal;
  // The admin side has a host of its own, on which none of these pages exists.
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
        .send("There is no such page. The Admin Portal is at /p/admin.\n");
    }
    return showPage(request, reply, {
      template: "message",
      title: "There is no such page",
      status: 404,
      developer: await findDeveloper(portal, request),
      data: { text: "The address may be mistyped, or what was here is gone.", link: { href: "/", text: "Home" } },
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
      title: problem.status >= 500 ? "Something went wrong on our side" : "That did not work",
      status: problem.status,
      data: {
        text:
          problem.status >= 500
            ? `Please try again. If it happens again, tell us this number: ${request.id}`
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

/** Not there and not theirs look the same. */
export function showNotFound(reply: FastifyReply): FastifyReply {
  reply.callNotFound();
  return reply;
}

/** For what a product keeps to the provider. */
export const showNotAllowed = (
  { showPage }: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  developer: Developer,
): Promise<FastifyReply> =>
  showPage(request, reply, {
    template: "message",
    title: "This is not open to developers",
    status: 403,
    developer,
    data: {
      text: `Ask ${request.provider.name} to do this for you. Nothing was changed.`,
      link: { href: "/applications", text: "Applications" },
    },
  });

/** For a form without our token: from another site, from before the browser was closed, or from a program that skipped it. */
export const showInvalidFormToken = (
  { showPage }: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  again = request.url === "/logout" ? "/" : request.url,
): Promise<FastifyReply> =>
  showPage(request, reply, {
    template: "message",
    title: "Please open the form again",
    status: 403,
    data: {
      text: "We could not tell that this form came from our own page. It may have been open for a long time, or cookies are switched off. Nothing was changed.",
      link: { href: again, text: "Open it again" },
    },
  });

/** For the link of a mail that was used, was replaced, or is too old. */
export const showExpiredLink = (
  { showPage }: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  data: { readonly text: string; readonly link: { readonly href: string; readonly text: string } },
): Promise<FastifyReply> =>
  showPage(request, reply, { template: "message", title: "This link does not work any more", status: 404, data });
