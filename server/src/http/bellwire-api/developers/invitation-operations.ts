import { Type } from "typebox";
import { IdOf, Nullable, Timestamp } from "../page-schema.ts";
import { answersOfOne, created, done, refusable } from "../route-schema.ts";

const tags = ["Developers"];
const ofAccount = Type.Object({ id: IdOf("the account") });
const ofInvitation = Type.Object({ id: IdOf("the account"), invitation_id: IdOf("the invitation") });

const Invitation = Type.Object(
  {
    id: Type.Integer(),
    email: Type.String(),
    sent_at: Timestamp,
    expires_at: Timestamp,
    accepted_at: Nullable(Timestamp),
    created_at: Timestamp,
  },
  { title: "Invitation", description: "Somebody who is asked to join an account, by mail." },
);

export const listInvitations = {
  tags,
  operationId: "listInvitations",
  summary: "List the invitations of an account, oldest first",
  description: "Also those that were accepted.",
  params: ofAccount,
  response: answersOfOne(Type.Object({ data: Type.Array(Invitation) })),
};

export const invite = {
  tags,
  operationId: "inviteUser",
  summary: "Invite somebody into an account",
  description:
    "They get a mail with a link, behind which they choose a name and a password and are a member. It opens nothing after two weeks, until the invitation is sent again.",
  params: ofAccount,
  body: Type.Object({ email: Type.String({ maxLength: 255 }) }, { additionalProperties: false }),
  response: { ...created(Invitation), 404: answersOfOne(Invitation)[404], ...refusable },
};

export const resendInvitation = {
  tags,
  operationId: "resendInvitation",
  summary: "Send an invitation again",
  description: "With another link, for two weeks: the one before opens nothing any more.",
  params: ofInvitation,
  response: done,
};

export const deleteInvitation = {
  tags,
  operationId: "deleteInvitation",
  summary: "Delete an invitation",
  description: "Its link opens nothing any more. Who has joined by it stays.",
  params: ofInvitation,
  response: done,
};

export const sendActivation = {
  tags,
  operationId: "sendActivation",
  summary: "Send a pending user the activation mail again",
  description: "With another link, for two weeks: the one before opens nothing any more.",
  params: ofAccount,
  response: { ...done, ...refusable },
};
