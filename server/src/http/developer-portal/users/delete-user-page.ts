import type { FastifyInstance } from "fastify";
import { deleteUser } from "#portal/users/index.ts";
import { byDeveloper } from "../by-developer.ts";
import { addAdminFormPage } from "../forms/add-form-page.ts";
import { showForm } from "../forms/show-form.ts";
import { goOnTo } from "../go-on-to.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";
import { withUser } from "./with-user.ts";

/** Asks first, since nobody gets a deleted user back. */
export function addDeleteUserPage(http: FastifyInstance, portal: Portal): void {
  addAdminFormPage(http, portal, {
    path: "/account/users/:id/delete",
    show: withUser(portal, (request, reply, { user, developer }) =>
      showForm(portal, request, reply, {
        title: `Delete ${user.username}?`,
        lead: `${user.username} is logged out and cannot log in any more. This cannot be undone.`,
        submit: "Delete user",
        isGrave: true,
        back: { href: "/account/users", text: "Users" },
        developer,
      }),
    ),
    take: withUser(portal, async (request, reply, { user, developer }) => {
      const deleted = await deleteUser(portal.pool, {
        provider: request.provider,
        accountId: user.accountId,
        userId: user.id,
        by: byDeveloper(portal, developer),
      });
      // Whoever sends this is an admin and stays: the last admin is only met by two who delete each other at once.
      return deleted && "user" in deleted ? goOnTo(reply, "/account/users", "user-deleted") : showNotFound(reply);
    }),
  });
}
