import { existsSync } from "node:fs";
import { systemClock } from "#platform/clock/clock.ts";
import { CannotStart } from "#platform/config/cannot-start.ts";
import { codeOf, wordsOf } from "#platform/config/error-words.ts";
import type { Config } from "#platform/config/read-config.ts";
import { type EmbeddedPostgres, openEmbeddedPostgres } from "#platform/embedded-postgres/open-embedded-postgres.ts";
import { appRole } from "./app-role.ts";
import type { DatabaseLog } from "./database-log.ts";
import { connectToPrimary, DatabaseHosts, refuseTransactionPooling } from "./connect.ts";
import { placeOf } from "./database-url.ts";
import { troubleOf } from "./database-trouble.ts";
import { migrate } from "./migrate.ts";
import { openPool, type OpenedPool, type PoolOptions } from "./open-pool.ts";
import type { HintCarrier } from "./hints.ts";

const defaultSchema = "bellwire";
const connecting = { application_name: "bellwire", connectionTimeoutMillis: 10_000, query_timeout: 10_000 };

interface OpenDatabaseNeeds {
  readonly config: Pick<Config, "databaseUrl" | "databaseConnections" | "databaseWaitSeconds" | "dataDir">;
  /** Whether it may be made, brought up to date, and waited for. */
  readonly mayChange: boolean;
  readonly say: (line: string) => void;
  readonly log: DatabaseLog;
  /** Ends the wait for a database that does not answer. */
  readonly stop?: AbortSignal;
}

/** What another process of the same start needs to use a database that has been opened here. */
export type DatabaseAccess = Pick<PoolOptions, "connectionString" | "role" | "max">;

export interface OpenedDatabase extends AsyncDisposable {
  readonly pool: OpenedPool;
  readonly access: DatabaseAccess;
}

/** The database that the configuration names, or the embedded one: up to date, and opened as the product's role. */
export async function openDatabase({ config, ...needs }: OpenDatabaseNeeds): Promise<OpenedDatabase> {
  await using opening = new AsyncDisposableStack();
  const embedded = config.databaseUrl ? undefined : opening.use(await openEmbedded(config.dataDir, needs));
  const ownerUrl = config.databaseUrl?.reveal() ?? embedded?.ownerUrl ?? "";
  const waitMs = needs.mayChange && !embedded ? config.databaseWaitSeconds * 1000 : 0;
  const max = config.databaseConnections;
  const open = (): Promise<DatabaseAccess> => migrateAndTellAccess({ ownerUrl, embedded, max, ...needs });
  const access = await inWords(ownerUrl, () => whenItAnswers(open, { ownerUrl, waitMs, ...needs }));
  const pool = opening.use(await inWords(ownerUrl, () => joinDatabase(access, needs)));
  const opened = opening.move();
  return { pool, access, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Opens a database that another process has opened, as it did. */
export const joinDatabase = (
  access: DatabaseAccess,
  options: { readonly log: DatabaseLog; readonly hints?: HintCarrier },
): Promise<OpenedPool> => openPool({ ...access, ...options, schema: defaultSchema });

function openEmbedded(
  dataDir: string,
  { mayChange, say }: Pick<OpenDatabaseNeeds, "mayChange" | "say">,
): Promise<EmbeddedPostgres> {
  if (!mayChange && !existsSync(dataDir)) {
    throw new CannotStart(
      `There is no database in ${dataDir}: say where it is with BELLWIRE_DATA_DIR or DATABASE_URL, or start Bellwire first.`,
    );
  }
  return openEmbeddedPostgres(dataDir, say);
}

interface MigrateNeeds extends Omit<OpenDatabaseNeeds, "config"> {
  readonly ownerUrl: string;
  readonly embedded: EmbeddedPostgres | undefined;
  readonly max: number;
}

async function migrateAndTellAccess({ ownerUrl, embedded, max, say, ...needs }: MigrateNeeds): Promise<DatabaseAccess> {
  const connectionString = await findPrimary(ownerUrl);
  if (!embedded) await refuseTransactionPooling(connectionString, connecting);
  const { applied, role } = await migrate({ connectionString, schema: defaultSchema, say, ...needs });
  if (applied.length > 0) say(`migrated the database: ${applied.length} ${applied.length === 1 ? "step" : "steps"}`);
  if (!role) {
    say(
      `the user of DATABASE_URL may not act as the role ${appRole}, so that Bellwire has all its rights. ` +
        `To change that: create role ${appRole}; grant ${appRole} to that user; and start again`,
    );
  }
  if (embedded) return { connectionString: embedded.appUrl, max };
  return { connectionString: ownerUrl, max, ...(role && { role }) };
}

const tryAgainMs = 500;

interface Waiting extends Pick<OpenDatabaseNeeds, "say" | "stop"> {
  readonly ownerUrl: string;
  readonly waitMs: number;
}

/**
 * Repeats `open` while the database does not answer: what starts it may start Bellwire at the same time. A server that answers, and
 * refuses the user or knows no such database, is not waited for.
 */
async function whenItAnswers<T>(open: () => Promise<T>, { ownerUrl, waitMs, say, stop }: Waiting): Promise<T> {
  const startedMs = systemClock.monotonicMs();
  for (let tries = 1; ; tries += 1) {
    try {
      return await open();
    } catch (error) {
      const cause = error instanceof CannotStart ? error.cause : error;
      const isRefusal = /^(?:28|3D)/.test(codeOf(cause) ?? "");
      const isOver = systemClock.monotonicMs() - startedMs >= waitMs;
      if (troubleOf(cause) !== "away" || isRefusal || isOver) throw error;
      if (tries === 1) {
        say(
          `the database at ${placeOf(ownerUrl)} does not answer (${wordsOf(cause)}); waiting for it up to ${waitMs / 1000} s`,
        );
      }
    }
    await systemClock.sleep(tryAgainMs, stop);
    stop?.throwIfAborted();
  }
}

/** Its URL alone, of several hosts'. */
async function findPrimary(url: string): Promise<string> {
  const hosts = new DatabaseHosts(url);
  const client = await connectToPrimary(hosts, connecting);
  await client.end();
  return hosts.current;
}

const notPermitted = "42501";

/** What a database refuses or a network loses is told to the operator, without the password in the URL. A TypeError is a bug. */
async function inWords<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CannotStart || error instanceof TypeError || isAbort(error)) throw error;
    if (codeOf(error) === notPermitted) {
      throw new CannotStart(
        `The user of DATABASE_URL may not do what the migration needs: ${wordsOf(error)}. ` +
          "Run `bellwire migrate` once as the database's owner.",
        { cause: error },
      );
    }
    throw new CannotStart(`The database at ${placeOf(url)} cannot be used: ${wordsOf(error)}`, { cause: error });
  }
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";
