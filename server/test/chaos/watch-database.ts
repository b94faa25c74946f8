import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { wallMs } from "./received-request.ts";

/** Queries the database directly, several times a second, to know when it recovered. */
export interface DatabaseWatch extends AsyncDisposable {
  /** Returns when it first answered a query that was sent after `ms`. */
  answeredAfter(ms: number): number;
}

const pollMs = 250;

export function watchDatabase(ownerUrl: () => string): DatabaseWatch {
  const answers: { readonly askedMs: number; readonly answeredMs: number }[] = [];
  const closing = new AbortController();
  const watching = watch();
  return {
    answeredAfter: (ms) => answers.find(({ askedMs }) => askedMs >= ms)?.answeredMs ?? wallMs(),
    async [Symbol.asyncDispose]() {
      closing.abort();
      await watching;
    },
  };

  async function watch(): Promise<void> {
    while (!closing.signal.aborted) {
      const askedMs = wallMs();
      if (await doesAnswer(ownerUrl())) answers.push({ askedMs, answeredMs: wallMs() });
      await wait(pollMs);
    }
  }
}

/** Uses a new connection: an old one does not show that the server accepts connections. */
async function doesAnswer(ownerUrl: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: ownerUrl, connectionTimeoutMillis: 5000, query_timeout: 5000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("select");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
