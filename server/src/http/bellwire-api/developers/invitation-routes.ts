import { readAccount } from "#portal/accounts/index.ts";
import { deleteInvitation, inviteUser, listInvitations, resendInvitation } from "#portal/users/index.ts";
import { invitationUrl } from "../../shared/mailed-links.ts";
import { Problem } from "../../shared/problem.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { assertDone } from "./assert-done.ts";
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
    const { pool, clock } = needs;
    const urlOf = invitationUrl(needs, provider);
    const wanted = { provider, accountId: params.id, email: body.email, urlOf, now: clock.now() };
    const invited = await inviteUser(pool, wanted);
    if (!invited) throw new Problem("not-found");
    if ("refused" in invited) throw new Problem("invalid", { errors: invited.refused });
    return reply.code(201).send(representInvitation(invited.invitation));
  });
};

const invitationPath = "/accounts/:id/invitations/:invitation_id";

export const resendInvitationRoute: BellwireApiRoute = async (http, needs) => {
  const options = { schema: operations.resendInvitation, config };
  http.post(`${invitationPath}/resend`, options, async ({ provider, params }, reply) => {
    const { pool, clock } = needs;
    const urlOf = invitationUrl(needs, provider);
    const { id: accountId, invitation_id: invitationId } = params;
    assertDone(await resendInvitation(pool, { provider, accountId, invitationId, urlOf, now: clock.now() }));
    return reply.code(204).send(null);
  });
};

export const deleteInvitationRoute: BellwireApiRoute = async (http, { pool }) => {
  const options = { schema: operations.deleteInvitation, config };
  http.delete(invitationPath, options, async ({ provider, params }, reply) => {
    const which = { providerId: provider.id, accountId: params.id, id: params.invitation_id };
    if (!(await pool.inTransaction((tx) => deleteInvitation(tx, which)))) throw new Problem("not-found");
    return reply.code(204).send(null);
  });
};
