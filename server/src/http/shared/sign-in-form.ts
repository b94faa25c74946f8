import type { FastifyReply, FastifyRequest } from "fastify";
import { QueueFull, type Audience, type HashingFor } from "#access/index.ts";
import { issueFormToken } from "./form-token.ts";
import { knownDeviceOf, rememberDevice } from "./known-device.ts";
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

interface Login extends HashingFor {
  /** The only user whose password is to be tried, if the browser is known to be theirs. */
  readonly onlyUserId: number | undefined;
  readonly login: string;
  readonly password: string;
}

/** Who somebody proved to be, and the hash of the password that proved it. */
interface Proved {
  readonly user: { readonly id: number; readonly username: string; readonly email: string | null };
  readonly passwordHash: string;
  /** Whether the login means another user as well, by e-mail address. */
  readonly isAmbiguous: boolean;
}

type Verify = (login: Login) => Promise<Proved | { readonly refused: string }>;

interface SignedIn {
  readonly proof: { readonly providerId: number; readonly userId: number; readonly passwordHash: string };
  readonly returnTo: string;
}

type SignInOutcome = SignedIn | { readonly again: SignInForm };

/** Said of an unknown name and of a wrong password alike. */
export const wrongLogin = "Wrong username or password.";

interface Judging extends FormNeeds {
  readonly limits: SignInLimits;
  readonly audience: Audience;
  readonly verify: Verify;
}

/** Returns who a sent form proves to be, or how it is shown again. A success makes the browser a known device. */
export async function judgeSignIn(
  { limits, audience, verify, ...needs }: Judging,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<SignInOutcome> {
  const { username = "", password = "", return_to: returnTo = "" } = readForm(request.body);
  const again = (status: number, error: string): SignInOutcome => ({ again: { status, error, username, returnTo } });
  const providerId = request.provider.id;
  const device = knownDeviceOf(needs, request, { audience, login: username });
  const attempt = { audience, providerId, login: username, address: request.ip, deviceId: device?.id };
  const seconds = await limits.secondsToWait(attempt);
  if (seconds > 0) {
    reply.header("retry-after", seconds);
    return again(429, `Too many attempts. Please try again ${waitInWords(seconds)}.`);
  }

  const by = { providerId, address: request.ip, isKnownDevice: device !== undefined };
  const verified = await refuseWhenFull(verify({ ...by, onlyUserId: device?.userId, login: username, password }));
  if ("retryAfterSeconds" in verified) {
    reply.header("retry-after", verified.retryAfterSeconds);
    return again(503, "Many people are signing in at the moment. Please try again in a few seconds.");
  }
  if ("refused" in verified) return again(422, verified.refused);
  const { user, passwordHash, isAmbiguous } = verified;
  // Else whoever has another's e-mail address as a user name could sign in now and then, and go on guessing.
  if (!isAmbiguous) await limits.letIn(attempt);
  rememberDevice(needs, request, reply, { audience, user });
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
