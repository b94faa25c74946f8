import { verifyPassword } from "#access/index.ts";
import { findUsersByLogin, type User } from "#portal/users/index.ts";
import type { Portal } from "./show-page.ts";

/** A double click comes within a second or two; after a minute the form no longer proves anything. */
const secondsMax = 60;

interface RefusedSignUp {
  readonly providerId: number;
  readonly values: Readonly<Record<string, string>>;
  /** Where the form came from. */
  readonly address: string;
  /** When the form was made that was sent. */
  readonly issuedAtMs: number;
}

/**
 * The user whom this very form has made a moment ago, when a double click sends it twice: the second gets the answer of
 * the first instead of hearing that the name is taken. Whoever cannot give the password is not told.
 */
export async function findSignUpSentTwice(
  { pool, clock }: Pick<Portal, "pool" | "clock">,
  { providerId, address, values, issuedAtMs }: RefusedSignUp,
): Promise<User | undefined> {
  const { username = "", email = "", password = "" } = values;
  if (username === "" || username.includes("\0")) return undefined;
  const namesakes = await findUsersByLogin(pool, providerId, username);
  const found = namesakes.find(({ user }) => user.username === username && user.email === email);
  if (!found) return undefined;

  const madeAtMs = found.user.createdAt.getTime();
  const isOfThisForm = madeAtMs >= issuedAtMs && clock.now().getTime() - madeAtMs < secondsMax * 1000;
  if (!isOfThisForm) return undefined;
  return (await verifyPassword(found.passwordHash, password, { providerId, address })) ? found.user : undefined;
}
