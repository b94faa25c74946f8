import { existsSync } from "node:fs";
import { access, constants, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import pg from "pg";
import { systemClock } from "../clock.ts";
import { CannotStart, errorCode, errorMessage } from "../errors.ts";
import { makeFolder, readOrCreateFile, withFileLock } from "../files.ts";
import { randomHex } from "../ids.ts";
import { refuseIncompleteBackup } from "./back-up.ts";
import { type ServerLocation, chooseLocation, findBinaries, initDatabase, ownerRole } from "./programs.ts";
import {
  findPostmaster,
  makeSocketFolder,
  settledPostmaster,
  socketPort,
  startServer,
  type StartWait,
  stopServer,
} from "./server.ts";

interface Server {
  /** Connects as the superuser, the owner. */
  readonly ownerUrl: string;
  /** Connects as the product's role. */
  readonly appUrl: string;
  /** PostgreSQL's own data directory. */
  readonly pgData: string;
}

export type EmbeddedPostgres = Server & AsyncDisposable;

/** Long enough for a program that kills a tree of processes to reach this one. */
const restartAfterMs = 1000;
/** The longest wait while it does not start, as on a full disk. Each try may replay a gigabyte. */
const restartMaxMs = 10_000;

interface OpenOptions {
  readonly ahead?: ServerAhead | undefined;
  /** Aborts the opening. */
  readonly stop?: AbortSignal | undefined;
  /** Called when a signal begins to end this process, unless it handles signals itself. */
  readonly onSignal?: (() => void) | undefined;
}

/**
 * Opens the PostgreSQL server of a data directory. The first process starts it, later ones join it, and the last one stops it. A server
 * that fails is restarted.
 */
export async function openEmbeddedPostgres(
  dataDir: string,
  printStatus: (line: string) => void,
  { ahead, stop: stopOpening, onSignal }: OpenOptions = {},
): Promise<EmbeddedPostgres> {
  const folder = resolve(dataDir);
  await makeDataDir(folder);
  await refuseIncompleteBackup(folder);

  const [interrupted, closing] = [new AbortController(), new AbortController()];
  const stopsOpening = AbortSignal.any([interrupted.signal, ...(stopOpening ? [stopOpening] : [])]);
  let server: RunningServer;
  const opening = joinOrStartServer(folder, { printStatus, stop: stopsOpening }).then((joined) => {
    server = joined;
    return { ...joined, keepAlive: keepRunning() };
  });
  const close = closeAtSignal(opening, stop, () => {
    interrupted.abort();
    onSignal?.();
  });
  const { ownerUrl, appUrl, pgData } = await opening.catch((error: unknown) => {
    if (!interrupted.signal.aborted) throw error;
    return new Promise<RunningServer>(() => undefined); // the signal ends this process
  });
  return { ownerUrl, appUrl, pgData, [Symbol.asyncDispose]: close };

  async function stop({ keepAlive }: { readonly keepAlive: Promise<void> }): Promise<void> {
    closing.abort();
    await server.presence.end();
    await keepAlive;
    const others = await alone(folder, { printStatus }, () => stopUnlessUsed(server));
    if (others > 0 && (server.isStartedHere || ahead)) printStatus(keepsRunning(others));
  }

  async function keepRunning(): Promise<void> {
    const failures = new RestartFailures(printStatus);
    for (;;) {
      await server.presence.ended;
      if (closing.signal.aborted) return;
      if (!failures.any) printStatus("the embedded database has stopped; starting it again");
      await systemClock.sleep(failures.waitMs, closing.signal);
      if (closing.signal.aborted) return;
      try {
        server = await joinOrStartServer(folder, { printStatus, stop: closing.signal });
        failures.end();
      } catch (error) {
        if (!closing.signal.aborted) failures.add(errorMessage(error));
      }
      // A stop during the restart ended only the previous presence, so this one must be ended here.
      if (closing.signal.aborted) await server.presence.end();
    }
  }
}

/** Failed restarts in a row: prints each reason once, and waits longer after each. */
class RestartFailures {
  readonly #printStatus: (line: string) => void;
  #count = 0;
  /** The first line: those of PostgreSQL's log below it have times. */
  #reported = "";

  constructor(printStatus: (line: string) => void) {
    this.#printStatus = printStatus;
  }

  get any(): boolean {
    return this.#count > 0;
  }

  get waitMs(): number {
    return Math.min(restartAfterMs * 2 ** this.#count, restartMaxMs);
  }

  add(reason: string): void {
    this.#count += 1;
    const [summary = ""] = reason.split("\n", 1);
    if (summary !== this.#reported) this.#printStatus(`${reason}\n  Trying again every ${restartMaxMs / 1000} s`);
    this.#reported = summary;
  }

  end(): void {
    if (this.any) this.#printStatus("the embedded database runs again");
    this.#count = 0;
    this.#reported = "";
  }
}

/** Stops the server if only this process uses it. Returns the number of others. The caller holds the lock. */
async function stopUnlessUsed({ ownerUrl, pgData, presence }: RunningServer): Promise<number> {
  const others = await countUsers(ownerUrl, presence);
  if (others === 0) await stopServer(pgData);
  return others;
}

const keepsRunning = (others: number): string =>
  `the embedded database keeps running: ${others} other ${others === 1 ? "process uses" : "processes use"} it`;

const endSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Returns a function that stops the opened server once, and calls it before a signal ends this process, as Ctrl-C does with a command: the
 * server would run on, unknown to whoever copies its files. A signal during the stop waits for its end. `serve` handles signals itself.
 */
function closeAtSignal<T>(
  opening: Promise<T>,
  stop: (opened: T) => Promise<void>,
  beforeEnd: () => void,
): () => Promise<void> {
  const isHandled = endSignals.some((signal) => process.listenerCount(signal) > 0);
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= opening.then(stop).finally(forget));
  const forget = (): void => {
    for (const signal of endSignals) process.off(signal, onSignal);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    forget(); // another signal ends it at once
    beforeEnd();
    void close()
      .catch(ignore)
      .then(() => process.kill(process.pid, signal));
  };
  if (!isHandled) for (const signal of endSignals) process.on(signal, onSignal);
  opening.catch(forget);
  return close;
}

/** Runs `work` while no other process starts or stops the server. */
const alone = <T>(folder: string, { printStatus, stop }: StartWait, work: () => Promise<T>): Promise<T> =>
  withFileLock(
    join(folder, "lock"),
    () => printStatus("another process is starting or stopping the database; waiting for it"),
    work,
    stop,
  );

/** Returns whether a data directory has a database. */
export const hasDatabase = (dataDir: string): boolean =>
  ["postgres", "postgres-location"].some((name) => existsSync(join(dataDir, name)));

/** A server that this process started before it uses it. Closing it stops the server unless somebody uses it. */
export type ServerAhead = AsyncDisposable;

/**
 * Starts the server of an existing database, so that it recovers from a crash while this process loads its program. Creates nothing.
 * Failures are left to `openEmbeddedPostgres`, which tries again and reports them.
 */
export async function startServerAhead(dataDir: string, wait: StartWait): Promise<ServerAhead | undefined> {
  const folder = resolve(dataDir);
  if (!existsSync(join(folder, passwordsFile))) return undefined;
  try {
    return await alone(folder, wait, async () => {
      const located = await locateServer(folder, ignore);
      const { pgData, ownerUrl } = located;
      if (!existsSync(join(pgData, "PG_VERSION")) || (await findPostmaster(pgData))) return undefined;
      await start(located, { printStatus: ignore, until: "starting" });
      return {
        [Symbol.asyncDispose]: () =>
          alone(folder, { printStatus: ignore }, async () => {
            if ((await countUsers(ownerUrl)) === 0) await stopServer(pgData);
          }),
      };
    });
  } catch {
    return undefined;
  }
}

const ignore = (): void => undefined;

/** Private, but root's folder may be entered, though not listed, by the server's user. */
async function makeDataDir(folder: string): Promise<void> {
  try {
    await makeFolder(folder, process.getuid?.() === 0 ? 0o711 : 0o700);
  } catch (error) {
    throw new CannotStart(`The data directory ${folder} (BELLWIRE_DATA_DIR) cannot be created: ${errorMessage(error)}`);
  }
  const refusal = await access(folder, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => undefined,
    errorMessage,
  );
  if (refusal === undefined) return;
  const { uid } = await stat(folder);
  throw new CannotStart(
    `The data directory ${folder} (BELLWIRE_DATA_DIR) cannot be used: ${refusal}. It belongs to the user number ${uid}.`,
  );
}

/** A running server with this process as one of its users. */
interface RunningServer extends Server {
  readonly presence: Presence;
  /** True if this process started it. */
  readonly isStartedHere: boolean;
}

/** Joins the server of a data directory. Starts it and creates its database if necessary. */
const joinOrStartServer = (dataDir: string, wait: StartWait): Promise<RunningServer> =>
  alone(dataDir, wait, () => joinOrStartAlone(dataDir, wait));

async function joinOrStartAlone(dataDir: string, wait: StartWait): Promise<RunningServer> {
  const located = await locateServer(dataDir, wait.printStatus);
  const { pgData, ownerUrl, appUrl } = located;
  const isStartedHere = (await settledPostmaster(pgData, wait)) === undefined;
  if (isStartedHere) await start(located, { ...wait, until: "ready" });
  const presence = await openPresence(ownerUrl).catch(async (error: unknown) => {
    if (errorCode(error) !== unknownDatabase) throw error;
    await createAppDatabase(located);
    return openPresence(ownerUrl);
  });
  return { ownerUrl, appUrl, pgData, presence, isStartedHere };
}

/** The server of a data directory, running or not. */
interface LocatedServer extends Server {
  readonly place: ServerLocation;
  readonly passwords: Passwords;
  readonly socketFolder: string;
  /** Leads to a database that every server has. */
  readonly firstUrl: string;
}

async function locateServer(dataDir: string, printStatus: (line: string) => void): Promise<LocatedServer> {
  const place = await chooseLocation(dataDir, printStatus);
  const passwords = await loadPasswords(dataDir, place);
  const socketFolder = await makeSocketFolder(place);
  const urlOf = (role: string, password: string, name: string): string =>
    `postgresql://${role}:${password}@localhost:${socketPort}/${name}?host=${encodeURIComponent(socketFolder)}&sslmode=disable`;
  return {
    place,
    passwords,
    socketFolder,
    pgData: join(place.folder, "postgres"),
    firstUrl: urlOf(ownerRole, passwords.owner, "postgres"),
    ownerUrl: urlOf(ownerRole, passwords.owner, database),
    appUrl: urlOf(appRole, passwords.app, database),
  };
}

/** Starts a server that does not run, with a new data directory if there is none. The caller holds the lock. */
async function start(
  { place, passwords, socketFolder }: LocatedServer,
  { until, ...wait }: StartWait & { readonly until: "starting" | "ready" },
): Promise<void> {
  const { printStatus } = wait;
  const binaries = await findBinaries(place.user, printStatus);
  await initDatabase({ place, binaries, ownerPassword: passwords.owner, printStatus });
  await startServer({ place, binaries, socketFolder, ...wait }, { until });
}

export interface Passwords {
  /** Password of the superuser, which creates and migrates the database. */
  readonly owner: string;
  /** Password of the product's role. */
  readonly app: string;
}

const passwordsFile = "database-passwords";

/** Reads the passwords of the two roles. The first start creates them in the data directory. */
async function loadPasswords(dataDir: string, { folder }: ServerLocation): Promise<Passwords> {
  const path = join(dataDir, passwordsFile);
  if (!existsSync(path) && existsSync(join(folder, "postgres")))
    throw new CannotStart(
      `${path} is missing, with the passwords of the database in ${folder}. Copy it, too, or restore it from a backup.`,
    );
  const content = await readOrCreateFile(path, () => `owner ${randomHex(24)}\napp ${randomHex(24)}\n`);
  const [, owner, app] = /^owner ([0-9a-f]{48})\napp ([0-9a-f]{48})\n$/.exec(content) ?? [];
  if (!owner || !app)
    throw new CannotStart(
      `${path} is damaged: it must contain the passwords that Bellwire wrote. Restore it from a backup.`,
    );
  return { owner, app };
}

const appRole = "bellwire_app";
const database = "bellwire";

const unknownDatabase = "3D000";

/** Creates the product's role, unless a start was killed just after that, and then its database. The caller holds the lock. */
async function createAppDatabase({ firstUrl, passwords }: LocatedServer): Promise<void> {
  const client = new pg.Client({ connectionString: firstUrl });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const {
      rows: [role],
    } = await client.query("select from pg_roles where rolname = $1", [appRole]);
    if (!role) await client.query(`create role ${appRole} login password ${pg.escapeLiteral(passwords.app)}`);
    await client.query(`create database ${database}`);
  } finally {
    await client.end();
  }
}

const namePrefix = "bellwire presence ";

/** Registers this process as a user of the server, by an idle connection with a special name. */
interface Presence {
  readonly name: string;
  /** Resolves when the connection has ended, on either side. */
  readonly ended: Promise<void>;
  end(): Promise<void>;
}

async function openPresence(ownerUrl: string): Promise<Presence> {
  const name = `${namePrefix}${process.pid}-${randomHex(4)}`;
  const client = new pg.Client({ connectionString: ownerUrl, application_name: name });
  const ended = new Promise<void>((end) => client.once("end", end));
  client.on("error", () => undefined); // an `end` event follows
  await client.connect();
  return { name, ended, end: () => client.end() };
}

/** Returns the number of processes that use the server, without one's own; 0 if it does not answer. */
async function countUsers(ownerUrl: string, own?: Presence): Promise<number> {
  const client = new pg.Client({ connectionString: ownerUrl });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query(
      "select from pg_stat_activity where starts_with(application_name, $1) and application_name is distinct from $2",
      [namePrefix, own?.name],
    );
    return rows.length;
  } catch {
    return 0;
  } finally {
    await client.end().catch(() => undefined);
  }
}
