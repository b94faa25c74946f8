import type { FastifyRequest } from "fastify";
import type { AttemptLimiter } from "#access/index.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import { waitInWords } from "../shared/sign-in-limits.ts";
import type { Developer } from "./find-developer.ts";

/** Counts a mail that the account's people make us send, and says what is wrong once there are too many. */
export async function tooManyMails(
  limiter: AttemptLimiter,
  { provider }: FastifyRequest,
  { account }: Developer,
): Promise<FieldErrors | undefined> {
  const seconds = await limiter.secondsToWait(`${provider.id} ${account.id}`);
  return seconds > 0 ? { base: [`These were many mails. Please try again ${waitInWords(seconds)}.`] } : undefined;
}
