import { readAccount } from "#portal/accounts/index.ts";
import { deleteInvitation, inviteUser, listInvitations, resendInvitation } from "#portal/users/index.ts";
import { invitationUrl } from "../../shared/mailed-links.ts";
import { Problem } from "../../shared/problem.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { assertDone } from "./assert-done.ts";
import { byOf } from "./by-of.ts";
import * as operations from "./invitation-operations.ts";
import { representInvitation } from "./represent-invitation.ts";

export const listInvitationsRoute: BellwireApiRoute = async (http, { pool }) => {
  const options = { schema: operations.listInvitations, config: { deed: "read-portal" } } as const;
  http.get("/accounts/:id/invitations", options, async ({ provider, params }) => {
    if (!(await readAccount(pool, provider.id, params.id))) throw new Problem("not-found");
    return { data: (await listInvitations(pool, provider.id, params.id)).map(representInvitation) };
  });
};

/** Who is invited becomes a user, and users are made by admins alone. */
const config = { deed: "administer-portal" } as const;

export const inviteRoute: BellwireApiRoute = async (http, needs) => {
  http.post("/accounts/:id/invitations", { schema: operations.invite, config }, async (request, reply) => {
    const { provider, params, body } = request;
    const urlOf = invitationUrl(needs, provider);
    const wanted = { provider, accountId: params.id, email: body.email, urlOf, by: byOf(needs, request) };
    const invited = await inviteUser(needs.pool, wanted);
    if (!invited) throw new Problem("not-found");
    if ("refused" in invited) throw new Problem("invalid", { errors: invited.refused });
    return reply.code(201).send(representInvitation(invited.invitation));
  });
};

const invitationPath = "/accounts/:id/invitations/:invitation_id";

export const resendInvitationRoute: BellwireApiRoute = async (http, needs) => {
  const options = { schema: operations.resendInvitation, config };
  http.post(`${invitationPath}/resend`, options, async (request, reply) => {
    const { provider, params } = request;
    const urlOf = invitationUrl(needs, provider);
    const { id: accountId, invitation_id: invitationId } = params;
    const wanted = { provider, accountId, invitationId, urlOf, by: byOf(needs, request) };
    assertDone(await resendInvitation(needs.pool, wanted));
    return reply.code(204).send(null);
  });
};

export const deleteInvitationRoute: BellwireApiRoute = async (http, needs) => {
  const options = { schema: operations.deleteInvitation, config };
  http.delete(invitationPath, options, async (request, reply) => {
    const { provider, params } = request;
    const { id: accountId, invitation_id: invitationId } = params;
    assertDone(await deleteInvitation(needs.pool, { provider, accountId, invitationId, by: byOf(needs, request) }));
    return reply.code(204).send(null);
  });
};
