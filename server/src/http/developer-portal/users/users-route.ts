import type { FastifyInstance } from "fastify";
import { listUsers } from "#portal/users/index.ts";
import { forDevelopers } from "../for-developers.ts";
import { forAdmins } from "../forms/add-form-page.ts";
import type { Portal } from "../show-page.ts";

/** Everybody who is in the account. */
export function addUsersRoute(http: FastifyInstance, portal: Portal): void {
  http.get(
    "/account/users",
    forDevelopers(
      portal,
      forAdmins(portal, async (request, reply, developer) => {
        const users = await listUsers(portal.pool, request.provider.id, developer.account.id);
        return portal.showPage(request, reply, {
          template: "users",
          title: "Users",
          developer,
          data: {
            users: users.map(({ id, username, email, role, state }) => ({
              id,
              username,
              email,
              role,
              state,
              is_me: id === developer.user.id,
            })),
          },
        });
      }),
    ),
  );
}
