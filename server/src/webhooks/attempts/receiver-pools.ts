import type { buildConnector } from "undici";
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
  readonly #open = new Map<string, OpenPool>();
  readonly #closing = new Set<Pool>();
  readonly #options: PoolOptions;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Number of origins with connections. */
  get size(): number {
    return this.#open.size;
  }

  /** True if a connection to the origin is open: a request needs no look-up. */
  isConnected(origin: string): boolean {
    return (this.#open.get(origin)?.pool.stats.connected ?? 0) > 0;
  }

  poolOf(origin: string): Pool {
    const known = this.#open.get(origin);
    // The map keeps the order of use, so that the first origin is the one to close.
    if (known) this.#open.delete(origin);
    const pools = known ?? this.#make(origin);
    this.#open.set(origin, pools);
    if (this.#open.size > this.#options.originsMax) this.#closeOldest();
    return pools.pool;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pools = [...this.#open.values()].map(({ pool, life }) => {
      clearTimeout(life);
      return pool;
    });
    this.#open.clear();
    await Promise.all([...pools, ...this.#closing].map((pool) => pool.destroy()));
  }

  #make(origin: string): OpenPool {
    const pool = new Pool(origin, {
      connect: this.#options.connector,
      connections: this.#options.connectionsMax,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: idleConnectionMs,
      keepAliveMaxTimeout: idleConnectionMs,
      maxHeaderSize: answerLimits.headerBytes,
      // An exchange has its own time limit for everything.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const forgetIdle = (): void => {
      const { connected, size } = pool.stats;
      if (connected === 0 && size === 0) this.#close(origin, pool);
    };
    pool.on("disconnect", forgetIdle).on("connectionError", forgetIdle);
    // clientTtl of undici reads the clock for every connection and request: a tenth of all work at 64 connections.
    const life = setTimeout(() => this.#close(origin, pool), connectionLifeMs).unref();
    return { pool, life };
  }

  #closeOldest(): void {
    const [oldest] = this.#open;
    if (oldest) this.#close(oldest[0], oldest[1].pool);
  }

  /** Lets requests in flight finish. The next request to the origin opens a new pool. */
  #close(origin: string, pool: Pool): void {
    const open = this.#open.get(origin);
    if (open?.pool !== pool) return;
    clearTimeout(open.life);
    this.#open.delete(origin);
    this.#closing.add(pool);
    void pool.close().finally(() => this.#closing.delete(pool));
  }
}
