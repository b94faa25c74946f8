import type { FastifyInstance } from "fastify";
import { activateUserByMail } from "#portal/whole-accounts/index.ts";
import { showDeadLink } from "./show-dead-link.ts";
import type { Portal } from "./show-page.ts";

export function addActivateRoute(http: FastifyInstance, portal: Portal): void {
  const { pool, clock, showPage } = portal;

  // Not for HEAD: programs that look at the links of a mail ask with it, and the code works once.
  http.get<{ Params: { code: string } }>("/activate/:code", { exposeHeadRoute: false }, async (request, reply) => {
    const activated = await activateUserByMail(pool, {
      provider: request.provider,
      code: request.params.code,
      now: clock.now(),
    });
    if (!activated) {
      return showDeadLink(portal, request, reply, {
        text: `An activation link works once, within two weeks, and only the one in the newest mail. If you have used it already, just log in. If not, ask ${request.provider.name} to send you the activation mail again.`,
        link: { href: "/login", text: "Log in" },
      });
    }
    const isApproved = activated.whole.account.state === "approved";
    return showPage(request, reply, {
      template: "message",
      title: "Your address is confirmed",
      data: isApproved
        ? { text: "Your account is active. Welcome!", link: { href: "/login", text: "Log in" } }
        : { text: `Your account is now waiting for approval by ${request.provider.name}.` },
    });
  });
}
