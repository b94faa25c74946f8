import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { readAccount } from "#portal/accounts/index.ts";
import { readFieldsDefinitions, type FieldErrors } from "#portal/fields/index.ts";
import { acceptInvitation, findInvitation, type Invitation } from "#portal/users/index.ts";
import { startSession } from "../../shared/browser-session.ts";
import { whenFormWasIssued } from "../../shared/form-token.ts";
import { readForm } from "../../shared/read-form.ts";
import { definedFields, filledIn, valuesFor } from "../forms/defined-fields.ts";
import { passwordFields, type FormField } from "../forms/form-field.ts";
import { showForm } from "../forms/show-form.ts";
import { goOnTo } from "../go-on-to.ts";
import { showDeadLink } from "../show-dead-link.ts";
import { showFormRefused } from "../show-form-refused.ts";
import type { Portal } from "../show-page.ts";
import { toVisitors } from "../to-visitors.ts";
import { whereToWait } from "../where-to-wait.ts";

/** Where the mail of an invitation leads: the sign-up without the organization. */
export function addAcceptInvitationPage(http: FastifyInstance, portal: Portal): void {
  http.get("/signup/:code", async (request, reply) => showJoinForm(portal, request, reply));

  http.post("/signup/:code", async (request, reply) => {
    const provider = toVisitors(request.provider);
    const form = readForm(request.body);
    if (!whenFormWasIssued(request, form, portal.cookieSecret)) return showFormRefused(portal, request, reply);

    const values = valuesFor(await fieldsToJoin(portal, request), form);
    const { code = "" } = readForm(request.params);
    const joined = await acceptInvitation(portal.pool, { provider, code, values, now: portal.clock.now() });
    if (!joined) return showUsed(portal, request, reply);
    if ("refused" in joined) return showJoinForm(portal, request, reply, joined.refused);

    const account = await readAccount(portal.pool, provider.id, joined.user.accountId);
    if (account?.state !== "approved") return reply.redirect(whereToWait(account), 303);
    await startSession(portal, request, reply, { audience: "developer", userId: joined.user.id });
    return goOnTo(reply, "/account", "joined");
  });
}

async function showJoinForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  errors?: FieldErrors,
): Promise<FastifyReply> {
  const { id: providerId } = request.provider;
  const { code = "" } = readForm(request.params);
  const invitation = await findInvitation(portal.pool, providerId, code, portal.clock.now());
  const account = invitation && (await readAccount(portal.pool, providerId, invitation.accountId));
  if (!account) return showUsed(portal, request, reply);
  return showForm(portal, request, reply, {
    title: `Join ${account.orgName}`,
    lead: `Choose a name and a password, and you are a member of ${account.orgName} at ${request.provider.name}.`,
    fields: filledIn(await fieldsToJoin(portal, request, invitation), readForm(request.body)),
    submit: "Join",
    errors,
  });
}

async function fieldsToJoin(
  { pool }: Portal,
  { provider }: FastifyRequest,
  invitation?: Invitation,
): Promise<readonly FormField[]> {
  const definitions = await readFieldsDefinitions(pool, provider.id);
  return [
    ...definedFields(definitions, "User", invitation ? { email: invitation.email } : {}),
    ...passwordFields("Password", provider.passwordLengthMin),
  ];
}

const showUsed = (portal: Portal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
  showDeadLink(portal, request, reply, {
    text: "The link of an invitation works once, within two weeks, and only the one in the newest mail. If you have joined already, just log in. If not, ask whoever invited you to send the invitation again.",
    link: { href: "/login", text: "Log in" },
  });
