import { codeOf } from "#platform/config/error-words.ts";

const uniqueViolation = "23505";

/**
 * For a transaction that looks whether a name is free and then takes it: if somebody else has taken it in between, it is
 * done once more, and then finds that it is taken.
 */
export async function againIfTaken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (codeOf(error) !== uniqueViolation) throw error;
    return work();
  }
}
