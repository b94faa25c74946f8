import type { FastifyReply, FastifyRequest } from "fastify";
import { issueFormToken } from "./form-token.ts";
import { readForm } from "./read-form.ts";
import { waitInWords, type SignInLimits } from "./sign-in-limits.ts";

/** What the form of either portal shows, before and after it was sent. */
export interface SignInForm {
  readonly status?: number;
  readonly error?: string;
  readonly username?: string;
  readonly returnTo: string;
}

type FormNeeds = Parameters<typeof issueFormToken>[2] & { readonly clock: { readonly now: () => Date } };

/** The page of the form, but for its template and its title. */
export const signInPage = (
  needs: FormNeeds,
  request: FastifyRequest,
  reply: FastifyReply,
  { status = 200, error, username, returnTo }: SignInForm,
) => ({
  status,
  data: { error, username, return_to: returnTo, form_token: issueFormToken(request, reply, needs, needs.clock.now()) },
});

interface Login {
  readonly providerId: number;
  readonly login: string;
  readonly password: string;
}

type Verify = (login: Login) => Promise<{ readonly user: { readonly id: number } } | { readonly refused: string }>;

type SignInOutcome = { readonly userId: number; readonly returnTo: string } | { readonly again: SignInForm };

/** Who a sent form proves to be; or how it is shown again, also when there were too many tries. */
export async function judgeSignIn(
  limits: SignInLimits,
  request: FastifyRequest,
  reply: FastifyReply,
  verify: Verify,
): Promise<SignInOutcome> {
  const { username = "", password = "", return_to: returnTo = "" } = readForm(request.body);
  const attempt = { providerId: request.provider.id, login: username, address: request.ip };
  const seconds = limits.secondsToWait(attempt);
  if (seconds > 0) {
    reply.header("retry-after", seconds);
    const error = `Too many attempts. Please try again ${waitInWords(seconds)}.`;
    return { again: { status: 429, error, username, returnTo } };
  }
  const verified = await verify({ ...attempt, password });
  if ("refused" in verified) return { again: { status: 422, error: verified.refused, username, returnTo } };
  limits.letIn(attempt);
  return { userId: verified.user.id, returnTo };
}
