import type { FastifyInstance } from "fastify";
import { activateUserByMail } from "#portal/whole-accounts/index.ts";
import { findDeveloper } from "./find-developer.ts";
import { showDeadLink } from "./show-dead-link.ts";
import type { Portal } from "./show-page.ts";
import { toVisitors } from "./to-visitors.ts";
import { isNewlyMade } from "./where-to-wait.ts";

export function addActivateRoute(http: FastifyInstance, portal: Portal): void {
  const { pool, clock, showPage } = portal;

  // Not for HEAD: programs that look at the links of a mail ask with it, and the code works once.
  http.get<{ Params: { code: string } }>("/activate/:code", { exposeHeadRoute: false }, async (request, reply) => {
    const developer = await findDeveloper(portal, request);
    const activated = await activateUserByMail(pool, {
      provider: developer ? request.provider : toVisitors(request.provider),
      code: request.params.code,
      actor: developer && { kind: "developer", userId: developer.user.id },
      now: clock.now(),
    });
    if (!activated) {
      return showDeadLink(portal, request, reply, {
        text: `An activation link works once, within two weeks, and only the one in the newest mail. If you have used it already, just log in. If not, ask ${request.provider.name} to send you the activation mail again.`,
        link: { href: "/login", text: "Log in" },
      });
    }
    const { state } = activated.whole.account;
    const comesLater = isNewlyMade(state)
      ? "is now waiting for approval by"
      : "cannot be used at the moment. Please ask";
    return showPage(request, reply, {
      template: "message",
      title: "Your address is confirmed",
      data:
        state === "approved"
          ? { text: "Your account is active. Welcome!", link: { href: "/login", text: "Log in" } }
          : { text: `Your account ${comesLater} ${request.provider.name}.` },
    });
  });
}
