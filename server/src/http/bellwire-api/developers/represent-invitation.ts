import type { Invitation } from "#portal/users/index.ts";

export const representInvitation = ({ id, email, sentAt, expiresAt, acceptedAt, createdAt }: Invitation) => ({
  id,
  email,
  sent_at: sentAt.toISOString(),
  expires_at: expiresAt.toISOString(),
  accepted_at: acceptedAt?.toISOString() ?? null,
  created_at: createdAt.toISOString(),
});
