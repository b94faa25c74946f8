import type { Clock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { BinForwarder } from "#request-bin/index.ts";
import type { GivenRequestSender } from "#webhooks/attempts/index.ts";
import { errorOf } from "#webhooks/deliveries/index.ts";
import { type TargetRules, checkEndpointUrl } from "#webhooks/endpoints/index.ts";

interface ForwarderParts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly sender: GivenRequestSender;
  readonly isOurs: (url: URL) => boolean;
  readonly onError: (error: unknown) => void;
}

/** The start of a response's body that is kept. */
const keptBodyBytes = 4096;

/** Creates the forwarder of a process. It sends with the sender of deliveries. */
export const createBinForwarder = ({ sender, onError, ...parts }: ForwarderParts): BinForwarder =>
  new BinForwarder({
    ...parts,
    onError,
    async send(request) {
      try {
        const outcome = await sender.sendGiven(request);
        if (outcome.kind !== "answered") {
          const { latencyMs } = outcome;
          return { status: null, error: errorOf(outcome, "2xx") ?? "No response.", latencyMs, body: "" };
        }
        const { status, latencyMs, body } = outcome;
        return { status, error: null, latencyMs, body: Buffer.from(body.subarray(0, keptBodyBytes)).toString() };
      } catch (error) {
        onError(error);
        return { status: null, error: "The request could not be sent.", latencyMs: 0, body: "" };
      }
    },
  });

const urlLengthMax = 2048;

/** Returns the error of a URL to forward to: the target guard's, or that it leads to this installation. */
export async function checkForwardUrl(
  url: string,
  { targets, isOurs }: { readonly targets: TargetRules; readonly isOurs: (url: URL) => boolean },
): Promise<string | undefined> {
  if (url.length > urlLengthMax) return `is too long (maximum is ${urlLengthMax} characters)`;
  const parsed = URL.parse(url);
  if (parsed && isOurs(parsed)) return "leads to this installation, which forwards nothing to itself";
  return checkEndpointUrl(url, targets);
}
