import { LRUCache } from "lru-cache";
import type { Dispatcher, buildConnector } from "undici";
import { answerLimits } from "./answer-limits.ts";
import { Pool } from "./undici.ts";

export interface PoolOptions {
  readonly connector: buildConnector.connector;
  /** Connections per origin. A request without a free one waits within its own time limit. */
  readonly connectionsMax: number;
  /** Origins with open connections. Beyond it, the least recently used one is closed once it is idle. */
  readonly originsMax: number;
}

/** Longer than the interval of requests to a busy receiver, shorter than the 5 s after which Node.js servers close. */
const idleConnectionMs = 4000;

/** Bounds how long a receiver keeps its old address, however busy its connections are. */
const connectionLifeMs = 5 * 60_000;

interface OpenPool {
  readonly pool: Pool;
  readonly life: NodeJS.Timeout;
}

/** Keep-alive connections by origin. An origin without connections is removed. */
export class ReceiverPools implements AsyncDisposable {
  readonly #open: LRUCache<string, OpenPool>;
  readonly #closing = new Set<Pool>();
  readonly #options: PoolOptions;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#open = new LRUCache({ max: options.originsMax, dispose: (open) => this.#close(open) });
  }

  /** Number of origins with connections. */
  get size(): number {
    return this.#open.size;
  }

  /** True if a connection to the origin is open: a request needs no look-up. */
  isConnected(origin: string): boolean {
    return (this.#open.peek(origin)?.pool.stats.connected ?? 0) > 0;
  }

  poolOf(origin: string): Pool {
    const known = this.#open.get(origin);
    if (known) return known.pool;
    const made = this.#make(origin);
    this.#open.set(origin, made);
    return made.pool;
  }

  /** Sends one request on a connection that is opened for it, and closed after it. */
  dispatchOnNewConnection(
    origin: string,
    request: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): void {
    const pool = this.#makePool(origin, 1);
    pool.dispatch(request, handler);
    this.#closeAfterRequests(pool);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#open.clear();
    await Promise.all([...this.#closing].map((pool) => pool.destroy()));
  }

  #make(origin: string): OpenPool {
    const pool = this.#makePool(origin, this.#options.connectionsMax);
    const forgetIdle = (): void => {
      const { connected, size } = pool.stats;
      if (connected === 0 && size === 0) this.#forget(origin, pool);
    };
    pool.on("disconnect", forgetIdle).on("connectionError", forgetIdle);
    // clientTtl of undici reads the clock for every connection and request: a tenth of all work at 64 connections.
    const life = setTimeout(() => this.#forget(origin, pool), connectionLifeMs).unref();
    return { pool, life };
  }

  #makePool(origin: string, connections: number): Pool {
    return new Pool(origin, {
      connect: this.#options.connector,
      connections,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: idleConnectionMs,
      keepAliveMaxTimeout: idleConnectionMs,
      maxHeaderSize: answerLimits.headerBytes,
      // An exchange has its own time limit for everything.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** The next request to the origin opens a new pool. */
  #forget(origin: string, pool: Pool): void {
    if (this.#open.peek(origin)?.pool === pool) this.#open.delete(origin);
  }

  #close({ pool, life }: OpenPool): void {
    clearTimeout(life);
    this.#closeAfterRequests(pool);
  }

  #closeAfterRequests(pool: Pool): void {
    this.#closing.add(pool);
    void pool.close().finally(() => this.#closing.delete(pool));
  }
}
