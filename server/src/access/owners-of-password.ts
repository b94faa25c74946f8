import { verifyPasswords, type HashingFor } from "./hash-password.ts";

/** One has the login as a user name, and another may have it as an e-mail address. */
const candidatesMax = 2;

/**
 * Those of the people whom a login may mean whose password this is, in their order. Takes the same time for none of them, for
 * one and for two, so that it does not tell whom there is.
 */
export async function ownersOfPassword<Candidate extends { readonly passwordHash: string | null }>(
  candidates: readonly Candidate[],
  password: string,
  by: HashingFor,
): Promise<readonly Candidate[]> {
  const hashes = Array.from({ length: candidatesMax }, (_, place) => candidates[place]?.passwordHash);
  const isTheirs = await verifyPasswords(hashes, password, by);
  return candidates.filter((_, place) => isTheirs[place]);
}
