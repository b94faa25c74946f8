import { settings } from "../support/build-lane.ts";
import type { SimulatedEndpoint } from "./lane-store-model.ts";
import type { Random } from "./random.ts";
import { urlOf } from "./simulated-network.ts";

/** Builds an endpoint with random settings. */
export function buildEndpoint(random: Random, endpointId: number): SimulatedEndpoint {
  return {
    ...settings,
    endpointId,
    isDefault: random.happens(0.2),
    url: urlOf(endpointId),
    urlMasked: urlOf(endpointId),
    retryWaitsSeconds: random.pick<readonly number[]>([[1, 2], [1, 1, 1, 1], [3], []]),
    success: "2xx",
    timeoutSeconds: random.between(1, 5),
    maxInFlight: random.pick([null, null, 1, 3]),
    maxPerSecond: random.pick([null, null, null, 8, 20]),
    ordering: random.pick(["none", "none", "account"]),
  };
}
