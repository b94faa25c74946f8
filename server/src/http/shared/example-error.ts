import { errorOf } from "#webhooks/deliveries/index.ts";

const answer = { kind: "answered", status: 503, headers: {}, body: new Uint8Array(), latencyMs: 84 } as const;

/** Why what the documentation of both APIs shows as failed has failed: in the words that a real one has. */
export const exampleError = errorOf(answer, "200") ?? "";
