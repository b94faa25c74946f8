import { requestLimits } from "#platform/limits/limits.ts";

interface Seconds {
  readonly headerSeconds: number;
  readonly requestSeconds: number;
}

const usual: Seconds = {
  headerSeconds: requestLimits.headerSeconds.max,
  requestSeconds: requestLimits.requestSeconds.max,
};

/**
 * For `fastify()`: how long a request may take to arrive. Fastify sets no limit of its own, and Node looks every half minute, so
 * a body that never came was waited for until the client left. Later than that the answer is 408 and the connection ends.
 */
export const requestTimes = ({ headerSeconds, requestSeconds }: Seconds = usual) => ({
  requestTimeout: requestSeconds * 1000,
  http: { headersTimeout: headerSeconds * 1000, connectionsCheckingInterval: Math.min(5000, requestSeconds * 250) },
});
