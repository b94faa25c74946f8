import type { Clock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import type { Encryption } from "#platform/encryption.ts";
import { isDeletedEndpoint, readEndpoint } from "#webhooks/endpoints/index.ts";
import { representEndpoint } from "../endpoints/represent-endpoint.ts";
import { type CursorSeal, createCursorSeal } from "../sealed-cursor.ts";
import { MessageQueue } from "./message-queue.ts";
import { oldestRunningTransaction, readHistory } from "./read-history.ts";
import { type StreamMessage, createMessageWriter } from "./stream-message.ts";

/** How often to look without a hint: attempts leave none. */
const lookEveryMs = 500;

interface HubNeeds {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly encryption: Encryption;
  readonly onError: (error: unknown) => void;
}

interface Audience {
  readonly queues: Set<MessageQueue>;
  wake: AbortController;
  readonly write: (messages: readonly StreamMessage[]) => string;
}

/** Reads what happens once for each provider that somebody follows, and tells all who do. Reads nothing otherwise. */
export class HistoryHub {
  readonly #needs: HubNeeds;
  readonly #cursors: CursorSeal;
  readonly #audiences = new Map<number, Audience>();
  readonly #stopListening: readonly (() => void)[];

  constructor(needs: HubNeeds) {
    this.#needs = needs;
    this.#cursors = createCursorSeal(needs.encryption);
    this.#stopListening = [
      needs.pool.onHint("history", () => {
        for (const { wake } of this.#audiences.values()) wake.abort();
      }),
      needs.pool.onHint("endpoints", (ids) => void this.#tellOfEndpoints(ids.map(Number)).catch(needs.onError)),
    ];
  }

  /** Adds a follower. Whoever closes the queue must `leave`. `onOverflow`: the follower reads too slowly. */
  follow(providerId: number, onOverflow: () => void): MessageQueue {
    const queue = new MessageQueue(this.#needs.clock, onOverflow);
    const audience = this.#audiences.get(providerId);
    if (audience) {
      audience.queues.add(queue);
      return queue;
    }
    const opened = {
      queues: new Set([queue]),
      wake: new AbortController(),
      write: createMessageWriter(this.#cursors, providerId),
    };
    this.#audiences.set(providerId, opened);
    void this.#readFor(providerId, opened);
    return queue;
  }

  leave(providerId: number, queue: MessageQueue): void {
    const audience = this.#audiences.get(providerId);
    audience?.queues.delete(queue);
    if (audience?.queues.size !== 0) return;
    this.#audiences.delete(providerId);
    audience.wake.abort();
  }

  /** Ends all streams. */
  close(): void {
    for (const stop of this.#stopListening) stop();
    for (const { queues } of this.#audiences.values()) for (const queue of queues) queue.close();
  }

  async #readFor(providerId: number, audience: Audience): Promise<void> {
    const { pool, clock, onError } = this.#needs;
    let from: number | undefined;
    while (audience.queues.size > 0) {
      audience.wake = new AbortController();
      try {
        from ??= await oldestRunningTransaction(pool);
        for await (const messages of readHistory(pool, providerId, from)) {
          tell(audience, messages);
          from = messages.find((message) => "mark" in message)?.mark ?? from;
        }
      } catch (error) {
        // The database may be away for a while. What was not read is read later.
        onError(error);
      }
      await clock.sleep(lookEveryMs, audience.wake.signal);
    }
  }

  async #tellOfEndpoints(ids: readonly number[]): Promise<void> {
    const { pool, encryption } = this.#needs;
    for (const [providerId, audience] of this.#audiences) {
      for (const id of ids) {
        const key = { providerId, id };
        const endpoint = await readEndpoint(pool, encryption, key);
        if (endpoint) tell(audience, [{ event: "endpoint", data: representEndpoint(endpoint, false) }]);
        else if (await isDeletedEndpoint(pool, key)) tell(audience, [{ event: "endpoint_deleted", data: { id } }]);
      }
    }
  }
}

/** Written once, so that a hundred followers hold one text. */
function tell({ queues, write }: Audience, messages: readonly StreamMessage[]): void {
  const text = write(messages);
  for (const queue of queues) queue.push(text);
}
