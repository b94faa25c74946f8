import { createHmac, createSecretKey } from "node:crypto";
import { Pool, type Dispatcher } from "undici";
import { inFlightMax, secret } from "./same-for-all.ts";

/** undici's dispatch with an HMAC for each request and the headers that Bellwire sends: what every sender is given. */
export class SignedPosts implements AsyncDisposable {
  readonly #pools: readonly Pool[];
  readonly #key = createSecretKey(Buffer.from(secret.slice("whsec_".length), "base64"));

  constructor(origins: readonly string[]) {
    this.#pools = origins.map((origin) => new Pool(origin, { connections: inFlightMax, pipelining: 1 }));
  }

  /** Resolves when it has been answered, whatever the answer. */
  send({ origin = 0, path, id, body }: { origin?: number; path: string; id: string; body: Buffer }): Promise<void> {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac("sha256", this.#key).update(`${id}.${timestamp}.`).update(body).digest("base64");
    const headers = [
      "content-type",
      "application/xml",
      "user-agent",
      "Bellwire/bench",
      "webhook-id",
      id,
      "webhook-timestamp",
      timestamp,
      "webhook-signature",
      `v1,${signature}`,
      "bellwire-attempt",
      "1",
      "bellwire-event-type",
      "account.created",
      "bellwire-event-time",
      "2026-11-24T12:00:00.000Z",
      "bellwire-sequence",
      "1",
      "bellwire-actor",
      "developer:21",
      "bellwire-channel",
      "developer_portal",
    ];
    return new Promise((resolve, reject) => {
      const handler: Dispatcher.DispatchHandler = {
        onRequestStart() {},
        onResponseStart() {},
        onResponseData() {},
        onResponseEnd: () => resolve(),
        onResponseError: (_controller, error) => reject(error),
      };
      this.#pools[origin]?.dispatch({ method: "POST", path, headers, body }, handler);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.destroy()));
  }
}
