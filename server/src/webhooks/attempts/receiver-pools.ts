import { Pool, type buildConnector } from "undici";

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

/** More is an attack, not an answer. */
const answerHeaderBytesMax = 16 * 1024;

/** Connections that are kept alive, by origin. An origin without any is forgotten. */
export class ReceiverPools implements AsyncDisposable {
  readonly #pools = new Map<string, Pool>();
  readonly #closing = new Set<Pool>();
  readonly #options: PoolOptions;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** How many origins have connections, or will have. */
  get size(): number {
    return this.#pools.size;
  }

  poolOf(origin: string): Pool {
    const known = this.#pools.get(origin);
    // The map is kept in the order of use, and a full one tells by it which pool to close.
    if (known) this.#pools.delete(origin);
    const pool = known ?? this.#open(origin);
    this.#pools.set(origin, pool);
    if (this.#pools.size > this.#options.originsMax) this.#closeOldest();
    return pool;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pools = [...this.#pools.values(), ...this.#closing];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  #open(origin: string): Pool {
    const pool = new Pool(origin, {
      connect: this.#options.connector,
      connections: this.#options.connectionsMax,
      pipelining: 1,
      allowH2: false,
      clientTtl: connectionLifeMs,
      keepAliveTimeout: idleConnectionMs,
      keepAliveMaxTimeout: idleConnectionMs,
      maxHeaderSize: answerHeaderBytesMax,
      // An exchange keeps its own time, from the lookup to the last byte.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const forgetIdle = (): void => {
      const { connected, size } = pool.stats;
      if (connected === 0 && size === 0 && this.#pools.get(origin) === pool) this.#close(origin, pool);
    };
    pool.on("disconnect", forgetIdle).on("connectionError", forgetIdle);
    return pool;
  }

  #closeOldest(): void {
    const [oldest] = this.#pools;
    if (oldest) this.#close(...oldest);
  }

  /** Lets what is under way finish. */
  #close(origin: string, pool: Pool): void {
    this.#pools.delete(origin);
    this.#closing.add(pool);
    void pool.close().finally(() => this.#closing.delete(pool));
  }
}
