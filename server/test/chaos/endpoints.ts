import type { Random } from "../simulation/random.ts";

/** How a receiver handles a request after reading it. */
export type Reply =
  | { readonly kind: "answer"; readonly status: number; readonly afterMs: number; readonly retryAfterSeconds?: number }
  | { readonly kind: "hang" }
  | { readonly kind: "reset" };

export interface ChaosEndpoint {
  /** Also the path of its receiver. */
  readonly name: string;
  /** Settings in the Bellwire API's format. */
  readonly settings: {
    readonly format: "3scale" | "json";
    readonly ordering: "none" | "object" | "account";
    readonly retry_waits_seconds: readonly number[];
    readonly timeout_seconds: number;
  };
  readonly reply: (random: Random) => Reply;
}

/** Its receiver accepts everything at once. Its requests assign events to changes. */
export const witness = "witness";

const answer = (status: number, afterMs = 0): Reply => ({ kind: "answer", status, afterMs });

/** Enough retries to outlast an outage of half a minute. */
export const waits3scale = [1, 1, 2, 3, 5, 8, 13];

/** Its receiver does whatever a receiver can do. */
export const erratic: Pick<ChaosEndpoint, "name" | "reply"> = {
  name: "erratic",
  reply: (random) =>
    random.pick([
      answer(200),
      answer(200),
      answer(200, 300),
      answer(500),
      random.happens(0.1) ? answer(410) : answer(404),
      { kind: "answer", status: 429, afterMs: 0, retryAfterSeconds: random.between(0, 2) },
      { kind: "hang" },
      { kind: "reset" },
    ]),
};

/** Every receiver behaviour and every ordering. All are subscribed to every event. */
export const endpoints: readonly [ChaosEndpoint, ...ChaosEndpoint[]] = [
  {
    name: witness,
    settings: { format: "3scale", ordering: "none", retry_waits_seconds: waits3scale, timeout_seconds: 20 },
    reply: () => answer(200),
  },
  {
    name: "account-order",
    settings: { format: "json", ordering: "account", retry_waits_seconds: waits3scale, timeout_seconds: 5 },
    reply: (random) => (random.happens(0.02) ? answer(500) : answer(200, random.between(0, 5))),
  },
  {
    name: "object-order",
    settings: { format: "json", ordering: "object", retry_waits_seconds: [1, 1], timeout_seconds: 5 },
    reply: (random) => (random.happens(0.02) ? { kind: "reset" } : answer(200, random.between(0, 50))),
  },
  {
    name: "late",
    settings: { format: "3scale", ordering: "none", retry_waits_seconds: waits3scale, timeout_seconds: 20 },
    reply: (random) => answer(200, random.between(20, 800)),
  },
  {
    name: "hangs",
    settings: { format: "json", ordering: "none", retry_waits_seconds: waits3scale, timeout_seconds: 1 },
    reply: (random) => (random.happens(0.05) ? { kind: "hang" } : answer(204)),
  },
  {
    name: "resets",
    settings: { format: "3scale", ordering: "none", retry_waits_seconds: waits3scale, timeout_seconds: 5 },
    reply: (random) => (random.happens(0.2) ? { kind: "reset" } : answer(200)),
  },
  {
    name: "fails",
    settings: { format: "3scale", ordering: "none", retry_waits_seconds: [1], timeout_seconds: 5 },
    reply: (random) => (random.happens(0.3) ? answer(500) : answer(200)),
  },
  {
    name: "busy",
    settings: { format: "json", ordering: "none", retry_waits_seconds: waits3scale, timeout_seconds: 5 },
    reply: (random) =>
      random.happens(0.01) ? { kind: "answer", status: 503, afterMs: 0, retryAfterSeconds: 2 } : answer(200),
  },
  {
    name: "gone",
    settings: { format: "json", ordering: "none", retry_waits_seconds: waits3scale, timeout_seconds: 5 },
    reply: (random) => (random.happens(0.005) ? answer(410) : answer(200)),
  },
];
