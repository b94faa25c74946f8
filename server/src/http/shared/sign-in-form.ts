import type { FastifyReply, FastifyRequest } from "fastify";
import { QueueFull } from "#access/index.ts";
import { networkOf } from "#platform/network/network-of.ts";
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
  readonly network: string;
  readonly login: string;
  readonly password: string;
}

/** Who somebody proved to be, and the hash of the password that proved it. */
interface Proved {
  readonly user: { readonly id: number };
  readonly passwordHash: string;
}

type Verify = (login: Login) => Promise<Proved | { readonly refused: string }>;

interface SignedIn {
  readonly proof: { readonly providerId: number; readonly userId: number; readonly passwordHash: string };
  readonly returnTo: string;
}

type SignInOutcome = SignedIn | { readonly again: SignInForm };

/** Said of an unknown name and of a wrong password alike. */
export const wrongLogin = "Wrong username or password.";

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
  const { providerId } = attempt;
  const verified = await refuseWhenFull(
    verify({ providerId, network: networkOf(request.ip), login: username, password }),
  );
  if ("retryAfterSeconds" in verified) {
    reply.header("retry-after", verified.retryAfterSeconds);
    const error = "Many people are signing in at the moment. Please try again in a few seconds.";
    return { again: { status: 503, error, username, returnTo } };
  }
  if ("refused" in verified) return { again: { status: 422, error: verified.refused, username, returnTo } };
  limits.letIn(attempt);
  const { user, passwordHash } = verified;
  return { proof: { providerId, userId: user.id, passwordHash }, returnTo };
}

async function refuseWhenFull<T>(verified: Promise<T>): Promise<T | { readonly retryAfterSeconds: number }> {
  try {
    return await verified;
  } catch (error) {
    if (error instanceof QueueFull) return { retryAfterSeconds: error.retryAfterSeconds };
    throw error;
  }
}
