import { Pool, type buildConnector } from "undici";
import { answerLimits } from "./answer-limits.ts";

export interface PoolOptions {
  readonly connector: buildConnector.connector;
  /** Connections to one origin at once. What finds none free waits within its own time. */
  readonly connectionsMax: number;
  /** Origins with open connections. Beyond it, the one that was used longest ago is closed once it is idle. */
  readonly originsMax: number;
}

/** Longer than it takes to send again to a busy receiver; shorter than the 5 s after which Node's servers hang up. */
const idleConnectionMs = 4000;

/** A receiver whose name got a new address is followed after this long, however busy its connections are. */
const connectionLifeMs = 5 * 60_000;

interface OpenPool {
  readonly pool: Pool;
  readonly life: NodeJS.Timeout;
}

/** Connections that are kept alive, by origin. An origin without any is forgotten. */
export class ReceiverPools implements AsyncDisposable {
  readonly #open = new Map<string, OpenPool>();
  readonly #closing = new Set<Pool>();
  readonly #options: PoolOptions;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** How many origins have connections, or will have. */
  get size(): number {
    return this.#open.size;
  }

  poolOf(origin: string): Pool {
    const known = this.#open.get(origin);
    // The map is kept in the order of use, and a full one tells by it which pool to close.
    if (known) this.#open.delete(origin);
    const it = known ?? this.#make(origin);
    this.#open.set(origin, it);
    if (this.#open.size > this.#options.originsMax) this.#closeOldest();
    return it.pool;
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
      // An exchange keeps its own time, from the lookup to the last byte.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const forgetIdle = (): void => {
      const { connected, size } = pool.stats;
      if (connected === 0 && size === 0) this.#close(origin, pool);
    };
    pool.on("disconnect", forgetIdle).on("connectionError", forgetIdle);
    // Not undici's clientTtl, which looks at the clock for every connection and request: a tenth of all work at 64.
    const life = setTimeout(() => this.#close(origin, pool), connectionLifeMs).unref();
    return { pool, life };
  }

  #closeOldest(): void {
    const [oldest] = this.#open;
    if (oldest) this.#close(oldest[0], oldest[1].pool);
  }

  /** Lets what is under way finish. The next request to the origin opens a pool of its own. */
  #close(origin: string, pool: Pool): void {
    const open = this.#open.get(origin);
    if (open?.pool !== pool) return;
    clearTimeout(open.life);
    this.#open.delete(origin);
    this.#closing.add(pool);
    void pool.close().finally(() => this.#closing.delete(pool));
  }
}
