import { createSession } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";

/** Creates a user of the provider, signs in to the Admin Portal, and returns the cookie header. */
export async function adminCookie(
  pool: Pool,
  providerId: number,
  role: "admin" | "member" = "admin",
): Promise<{ readonly cookie: string; readonly userId: number }> {
  const [user] = await pool.query<{ id: number }>(
    `insert into provider_users (provider_id, username, email, role, state, password_hash)
     values ($1, $2, $2 || '@acme.example', $3, 'active', 'none') returning id`,
    [providerId, `new-${role}`, role],
  );
  if (!user) throw new Error("The new user was not returned.");
  const session = { providerId, audience: "admin", userId: user.id, now: new Date() } as const;
  const { cookieValue } = await pool.inTransaction((tx) => createSession(tx, session));
  return { cookie: `bellwire_admin=${cookieValue}`, userId: user.id };
}
