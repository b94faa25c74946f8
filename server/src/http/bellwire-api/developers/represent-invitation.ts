import type { Invitation } from "#portal/users/index.ts";

export const representInvitation = ({ id, email, sentAt, acceptedAt, createdAt }: Invitation) => ({
  id,
  email,
  sent_at: sentAt.toISOString(),
  accepted_at: acceptedAt?.toISOString() ?? null,
  created_at: createdAt.toISOString(),
});
