import { systemClock } from "#platform/clock.ts";
import { NameResolver } from "#platform/network/name-resolver.ts";
import { type Lookup, parseAllowedTargets } from "#platform/network/target-guard.ts";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";
import {
  type AttemptRequest,
  type GivenRequestSender,
  type Sender,
  type SenderOptions,
  createSender,
} from "#webhooks/attempts/index.ts";

export const testSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/** Returns an attempt that a receiver would accept, with the given changes. */
export const buildAttempt = (changes: Partial<AttemptRequest> & { readonly url: string }): AttemptRequest => ({
  headers: {},
  secrets: [testSecret],
  timeoutSeconds: 5,
  contentType: "application/xml",
  body: Buffer.from("<account/>"),
  id: "019b2c1e-8694-739b-aea5-966c26f8ad91",
  attempt: 1,
  replay: 0,
  event: {
    type: "account.created",
    objectId: 31,
    time: "2026-02-03T04:05:06.789Z",
    sequence: 7,
    actor: "developer:21",
    channel: "developer_portal",
  },
  sentAt: new Date("2026-02-03T04:05:07.900Z"),
  ...changes,
});

export interface TestSenderOptions extends Partial<Omit<SenderOptions, "allowed">> {
  readonly allowedTargets?: string;
}

/** Resolves names as the product does. */
export const lookupHere = (): Lookup => new NameResolver({ clock: systemClock }).lookup;

/** A sender that throws if an attempt cannot be made, for example because descriptors are missing. */
export type TestSender = Omit<Sender, "send"> & { send(request: AttemptRequest): Promise<AttemptOutcome> };

/** The production sender, allowed to reach loopback addresses. */
export function buildSender(options: TestSenderOptions = {}): TestSender & GivenRequestSender & AsyncDisposable {
  const { allowedTargets = "127.0.0.0/8,::1/128", lookup = lookupHere(), ...rest } = options;
  const allowed = parseAllowedTargets(allowedTargets);
  if ("wrong" in allowed) throw new Error(allowed.wrong);
  const sender = createSender({ clock: systemClock, userAgent: "Bellwire/test", allowed, lookup, ...rest });
  return {
    ...sender,
    async send(request) {
      const outcome = await sender.send(request);
      if (outcome.kind === "not-made") throw new Error(`The attempt was not made: ${outcome.code}`);
      return outcome;
    },
  };
}

/**
 * Makes an attempt whose time is to run out, with ten times as much until it ends as expected: on a busy machine, a short time is over
 * before the attempt is where it is to end.
 */
export async function withMoreTime<Result>(
  attempt: (timeoutSeconds: number) => Promise<Result>,
  isExpected: (result: Result) => boolean,
): Promise<Result> {
  for (const timeoutSeconds of [0.3, 3]) {
    const result = await attempt(timeoutSeconds);
    if (isExpected(result)) return result;
  }
  return attempt(30);
}
