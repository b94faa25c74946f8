import type { ServerResponse } from "node:http";
import { systemClock } from "#platform/clock.ts";
import { itemsAt, valueAt } from "../chaos/api-client.ts";
import type { Answer } from "../support/receiver.ts";
import type { Random } from "./random.ts";
import type { Send } from "./random-portal.ts";

interface Choices {
  readonly random: Random;
  /** The receiver of its endpoints. */
  readonly url: string;
  /** Makes a change that has events. */
  readonly change: () => Promise<void>;
}

/** Sends what the people of a provider may do with endpoints and deliveries, at the same time to the same ones. */
export class RandomWebhooks {
  readonly endpoints = new Set<number>();
  readonly #send: Send;
  readonly #random: Random;
  readonly #url: string;
  readonly #change: () => Promise<void>;
  #deliveries: readonly string[] = [];
  #deletions: readonly number[] = [];
  #replays: readonly number[] = [];
  #jobs: readonly number[] = [];

  constructor(send: Send, { random, url, change }: Choices) {
    this.#send = send;
    this.#random = random;
    this.#url = url;
    this.#change = change;
  }

  async createEndpoint(): Promise<void> {
    const { body } = await this.#send("POST", "/api/v1/endpoints", {
      name: `endpoint ${this.endpoints.size} ${this.#random.between(0, 1e9)}`,
      url: this.#url,
      event_types: ["*"],
      provider_actions: true,
      all_actors: true,
      timeout_seconds: 1,
      ordering: this.#one(["none", "account", "object"]),
      format: this.#one(["3scale", "json", "cloudevents"]),
      retry_waits_seconds: this.#one([[], [0], [0, 1]]),
    });
    const id = valueAt(body, "id");
    if (typeof id === "number") this.endpoints.add(id);
  }

  async act(): Promise<void> {
    const [endpoint, delivery] = [this.#one([...this.endpoints]), this.#one(this.#deliveries)];
    const onEndpoint = `/api/v1/endpoints/${endpoint}`;
    const onDelivery = `/api/v1/deliveries/${delivery}`;
    const filter = this.#one([
      { endpoint_id: [endpoint] },
      { endpoint_id: [...this.endpoints] },
      { state: ["failed"] },
    ]);
    await this.#one([
      this.#change,
      this.#change,
      this.#change,
      () => this.#list(endpoint),
      () => this.#send("POST", `${onDelivery}/${this.#one(["retry", "cancel", "skip", "undo_skip"])}`),
      () => this.#send("POST", `${onDelivery}/${this.#one(["retry", "cancel"])}`),
      () => this.#send("POST", `/api/v1/events/${delivery?.split(".")[0]}/send`, { endpoint_id: endpoint }),
      () => this.#send("PATCH", onEndpoint, this.#subscription()),
      () => this.#send("PATCH", onEndpoint, this.#settings()),
      () => this.#send("POST", `${onEndpoint}/${this.#one(["rotate_secret", "ping"])}`),
      () => this.#deleteFailures(endpoint),
      () => this.#send("POST", `/api/v1/failures/deletions/${this.#one(this.#deletions)}/undo`),
      () => this.#send("POST", "/api/v1/failures/retry", { all: true }),
      async () => {
        const job = this.#one([
          { kind: "retry" },
          { kind: "cancel" },
          { kind: "replay", endpoint_id: endpoint },
          { kind: "delete_failures", of: "failures" },
        ]);
        const made = await this.#send("POST", "/api/v1/jobs", { ...job, filter });
        this.#jobs = [...this.#jobs, ...idsOf(made.body)];
      },
      () => this.#send("POST", `/api/v1/jobs/${this.#one(this.#jobs)}/cancel`),
      () => this.#replay(endpoint),
      () => this.#send("POST", `/api/v1/replays/${this.#one(this.#replays)}/cancel`),
      () => this.#deleteEndpoint(endpoint),
    ])?.();
  }

  /** Lets each endpoint deliver what it has. */
  async activateAll(): Promise<void> {
    const { body } = await this.#send("GET", "/api/v1/endpoints");
    for (const id of itemsAt(body, "data").flatMap(idsOf))
      await this.#send("PATCH", `/api/v1/endpoints/${id}`, { active: true, state: "enabled", max_in_flight: null });
  }

  #one<Value>(values: readonly Value[]): Value | undefined {
    return values[this.#random.between(0, values.length - 1)];
  }

  /** Both settings that decide which changes the endpoint gets. */
  #subscription(): object {
    return {
      active: this.#random.happens(0.6),
      event_types: this.#one([["*"], ["*"], ["user.created", "application.deleted"]]),
    };
  }

  #settings(): object | undefined {
    return this.#one([
      { ordering: this.#one(["none", "account"]) },
      { max_in_flight: this.#one([null, 1]) },
      { state: this.#one(["enabled", "paused"]) },
      { format: this.#one(["3scale", "json"]) },
      { success: this.#one(["200", "2xx"]) },
    ]);
  }

  async #list(endpoint: number | undefined): Promise<void> {
    const state = this.#one(["", "&state=pending", "&state=failed", "&state=delivered", "&state=cancelled"]);
    const { body } = await this.#send("GET", `/api/v1/deliveries?endpoint_id=${endpoint}${state}`);
    this.#deliveries = itemsAt(body, "data").map((delivery) => String(valueAt(delivery, "id")));
  }

  async #deleteFailures(endpoint: number | undefined): Promise<void> {
    const which = this.#one(["all=true", `endpoint_id=${endpoint}`]);
    const { body } = await this.#send("DELETE", `/api/v1/failures?${which}`);
    const id = valueAt(body, "deletion_id");
    if (typeof id === "number") this.#deletions = [...this.#deletions, id];
  }

  async #replay(endpoint: number | undefined): Promise<void> {
    const since = new Date(systemClock.now().getTime() - 20_000).toISOString();
    const values = { endpoint_id: endpoint, since, only: this.#one(["failed", "missing", "all"]) };
    this.#replays = [...this.#replays, ...idsOf((await this.#send("POST", "/api/v1/replays", values)).body)];
  }

  async #deleteEndpoint(endpoint: number | undefined): Promise<void> {
    if (endpoint === undefined || this.endpoints.size < 3) return;
    this.endpoints.delete(endpoint);
    await this.#send("DELETE", `/api/v1/endpoints/${endpoint}`);
    if (this.#random.happens(0.3)) return this.createEndpoint();
    await this.#send("POST", `/api/v1/endpoints/${endpoint}/undo_delete`);
    this.endpoints.add(endpoint);
  }
}

function idsOf(body: unknown): readonly number[] {
  const id = valueAt(body, "id");
  return typeof id === "number" ? [id] : [];
}

type Respond = (response: ServerResponse) => void;

const responses: readonly [Respond, ...Respond[]] = [
  (response) => response.writeHead(200).end(),
  (response) => response.writeHead(200).end(),
  (response) => response.writeHead(503).end(),
  (response) => response.writeHead(404).end(),
  (response) => response.destroy(),
  (response) => void systemClock.sleep(100).then(() => response.writeHead(200).end()),
];

/** Answers of a receiver that fails half of the time, or is slow. */
export const answerAtRandom =
  (random: Random): Answer =>
  (response) =>
    random.pick(responses)(response);
