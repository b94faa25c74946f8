import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { systemClock } from "#platform/clock/clock.ts";
import { CannotStart } from "#platform/config/cannot-start.ts";
import { wordsOf } from "#platform/config/error-words.ts";
import { exclusively } from "#platform/files/exclusively.ts";
import { countOthers } from "./presence.ts";
import { type RunningServer, startOrJoin } from "./start-or-join.ts";
import { stopServer } from "./stop-server.ts";

export interface EmbeddedPostgres extends AsyncDisposable {
  /** Connects as the superuser that owns everything. */
  readonly ownerUrl: string;
  /** Connects as the role that the product runs as. */
  readonly appUrl: string;
  /** PostgreSQL's own data directory. */
  readonly pgData: string;
}

/** Long enough for whoever ends a whole tree of processes to end us too. */
const comeBackAfterMs = 1000;

/**
 * The PostgreSQL server of a data directory: started by the process that comes first, joined by those that come later, and
 * stopped by the one that goes last. A server that breaks down meanwhile is started again.
 */
export async function openEmbeddedPostgres(dataDir: string, say: (line: string) => void): Promise<EmbeddedPostgres> {
  const folder = resolve(dataDir);
  await makeDataDir(folder);
  const alone = <T>(work: () => Promise<T>): Promise<T> =>
    exclusively(
      join(folder, "lock"),
      () => say("another process is starting or stopping the database; waiting for it"),
      work,
    );

  let server: RunningServer = await alone(() => startOrJoin(folder, say));
  const { ownerUrl, appUrl, pgData } = server;
  const closing = new AbortController();
  const kept = keepRunning();

  return {
    ownerUrl,
    appUrl,
    pgData,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await server.presence.end();
      await kept;
      await alone(async () => {
        const others = await countOthers(ownerUrl, server.presence);
        if (others === 0) return stopServer(server.pgData);
        if (!server.isStartedHere) return;
        say(
          `the embedded database goes on running: ${others} more ${others === 1 ? "process uses" : "processes use"} it`,
        );
      });
    },
  };

  async function keepRunning(): Promise<void> {
    for (;;) {
      await server.presence.ended;
      if (closing.signal.aborted) return;
      say("the embedded database has stopped; starting it again");
      await systemClock.sleep(comeBackAfterMs, closing.signal);
      if (closing.signal.aborted) return;
      try {
        server = await alone(() => startOrJoin(folder, say));
      } catch (error) {
        say(wordsOf(error));
      }
      // A stop that came meanwhile has ended the presence before this one, and nobody else would end this.
      if (closing.signal.aborted) await server.presence.end();
    }
  }
}

/** Closed to others; root's lets the server's user pass through, who has no right to list it. */
async function makeDataDir(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  } catch (error) {
    throw new CannotStart(`The data directory ${folder} (BELLWIRE_DATA_DIR) cannot be made: ${wordsOf(error)}`);
  }
}
