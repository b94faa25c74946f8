import type { FastifyReply, FastifyRequest } from "fastify";
import { readUser, type User } from "#portal/users/index.ts";
import type { Developer } from "../find-developer.ts";
import type { DeveloperPage } from "../for-developers.ts";
import { readId } from "../read-id.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";

/** Another user of one's own account, and whoever looks at it. */
export interface Colleague {
  readonly user: User;
  readonly developer: Developer;
}

type ColleaguePage = (request: FastifyRequest, reply: FastifyReply, colleague: Colleague) => Promise<FastifyReply>;

/** A page of a user whom the path names. Nobody deletes or demotes themselves, so an account keeps its last admin. */
export const withUser =
  ({ pool }: Portal, page: ColleaguePage): DeveloperPage =>
  async (request, reply, developer) => {
    const id = readId(request);
    const user = id === undefined ? undefined : await readUser(pool, request.provider.id, id);
    const isColleague = user?.accountId === developer.account.id && user.id !== developer.user.id;
    return user && isColleague ? page(request, reply, { user, developer }) : showNotFound(reply);
  };
