import type { FastifyReply, FastifyRequest } from "fastify";
import { listInvitations, type Invitation } from "#portal/users/index.ts";
import type { Developer } from "../find-developer.ts";
import type { DeveloperPage } from "../for-developers.ts";
import { readId } from "../read-id.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";

/** Somebody who was asked to join, and whoever looks at it. */
export interface Asked {
  readonly invitation: Invitation;
  readonly developer: Developer;
}

type InvitationPage = (request: FastifyRequest, reply: FastifyReply, asked: Asked) => Promise<FastifyReply>;

/** A page of an invitation that the path names, as long as it is not accepted. */
export const withInvitation =
  ({ pool }: Portal, page: InvitationPage): DeveloperPage =>
  async (request, reply, developer) => {
    const id = readId(request);
    const invitations = await listInvitations(pool, request.provider.id, developer.account.id);
    const invitation = invitations.find((it) => it.id === id && it.acceptedAt === null);
    return invitation ? page(request, reply, { invitation, developer }) : showNotFound(reply);
  };
