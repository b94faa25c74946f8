import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openEmbeddedPostgres } from "#platform/embedded-postgres/open-embedded-postgres.ts";
import { claimPort } from "../../src/app/listening.ts";
import { familyOf, kill, postmasterOf } from "../support/processes.ts";
import { BellwireProcess } from "../support/start-bellwire.ts";
import type { BellwireApi } from "./api-client.ts";
import { openDatabaseLine, type DatabaseLine } from "../support/database-line.ts";
import { DatabasePair } from "../support/database-pair.ts";
import { SupervisedProcess } from "./supervised-process.ts";
import { mountSmallDisk, type SmallDisk } from "../support/small-disk.ts";
import { waits3scale } from "./endpoints.ts";

export type SetupKind = "one server" | "primary and standby";

/** The Bellwire under test: one or two web processes and two engines, on one database behind a proxy that can be disturbed. */
export interface Setup extends AsyncDisposable {
  /** Of the first provider, by the first web process. */
  readonly api: BellwireApi;
  readonly webs: readonly [SupervisedProcess, ...SupervisedProcess[]];
  /** The URLs of the web processes. */
  readonly urls: readonly [string, ...string[]];
  readonly engines: readonly [SupervisedProcess, SupervisedProcess];
  readonly line: DatabaseLine;
  /** Undefined without the right to mount, and with a primary and a standby. */
  readonly disk: SmallDisk | undefined;
  /** Undefined with a single server. */
  readonly pair: DatabasePair | undefined;
  /** Connects to the database directly, not through the proxy. Changes at a failover. */
  readonly ownerUrl: () => string;
  /** Shifts the clock of the process from its next start on. */
  setClock(process: SupervisedProcess, offMs: number): void;
  /** Kills the postmaster with all of its processes. A single server is restarted, a primary with a standby is not. */
  readonly killPostgres: (() => Promise<void>) | undefined;
  /** Runs a command that must succeed, and returns its output. */
  command(...args: readonly string[]): Promise<string>;
}

const wrongClock = fileURLToPath(new URL("../support/wrong-clock.ts", import.meta.url));
const token = "the-token-of-the-chaos";

const sharedEnvironment = {
  BELLWIRE_SECRET_KEY: Buffer.alloc(32, 7).toString("base64"),
  BELLWIRE_ACCESS_TOKEN: token,
  BELLWIRE_ALLOWED_TARGETS: "127.0.0.0/8",
  BELLWIRE_RETRY_WAITS_SECONDS: waits3scale.join(","),
  BELLWIRE_LOG_LEVEL: "warn",
  NODE_OPTIONS: `--import ${wrongClock}`,
};

interface SetupOptions {
  /** Receives the messages of the embedded server, such as why it does not start again. */
  readonly printStatus: (line: string) => void;
  readonly secondWeb?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
}

export async function openSetup(
  kind: SetupKind,
  { printStatus, secondWeb = false, environment = {} }: SetupOptions,
): Promise<Setup> {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await (kind === "one server" ? openOneServer(printStatus) : openPair()));
  const clocksOffMs = new Map<string, number>();
  const run = (args: readonly string[], name: string, port: number): BellwireProcess =>
    new BellwireProcess(args, {
      ...sharedEnvironment,
      ...environment,
      PORT: String(port),
      DATABASE_URL: database.connectionString,
      WRONG_CLOCK_MS: String(clocksOffMs.get(name) ?? 0),
    });
  const start = async (role: "web" | "engine", name: string): Promise<{ process: SupervisedProcess; url: string }> => {
    const port = await claimPort("127.0.0.1", 0);
    const process = new SupervisedProcess(name, () => run(["serve", "--role", role], name, port));
    opened.use(process);
    await process.ready();
    return { process, url: `http://127.0.0.1:${port}` };
  };
  const web = await start("web", "web 1");
  const others = secondWeb ? [await start("web", "web 2")] : [];
  const engines = [await start("engine", "engine 1"), await start("engine", "engine 2")] as const;

  const left = opened.move();
  const { line, disk, pair, ownerUrl, killPostgres } = database;
  return {
    api: { url: web.url, token },
    webs: [web.process, ...others.map(({ process }) => process)],
    urls: [web.url, ...others.map(({ url }) => url)],
    engines: [engines[0].process, engines[1].process],
    async command(...args) {
      await using command = run(args, "", 0);
      if ((await command.ended) !== 0) throw new Error(`bellwire ${args.join(" ")}: ${command.stderr}`);
      return command.stdout;
    },
    line,
    disk,
    pair,
    ownerUrl,
    killPostgres,
    setClock: ({ name }, offMs) => void clocksOffMs.set(name, offMs),
    [Symbol.asyncDispose]: () => left.disposeAsync(),
  };
}

interface SetupDatabase extends AsyncDisposable, Pick<Setup, "line" | "disk" | "pair" | "ownerUrl" | "killPostgres"> {
  /** Connects through the proxy. */
  readonly connectionString: string;
}

/** The embedded server, which is restarted when it fails. */
async function openOneServer(printStatus: SetupOptions["printStatus"]): Promise<SetupDatabase> {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "bellwire-chaos-"));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const disk = await mountSmallDisk(folder);
  if (disk) opened.use(disk);
  const postgres = opened.use(await openEmbeddedPostgres(folder, printStatus));
  const { socketPath, credentials, database } = partsOf(postgres.ownerUrl);
  const line = opened.use(await openDatabaseLine(socketPath));
  const left = opened.move();
  return {
    line,
    disk,
    pair: undefined,
    connectionString: `postgresql://${credentials}@127.0.0.1:${line.port}/${database}?sslmode=disable`,
    ownerUrl: () => postgres.ownerUrl,
    async killPostgres() {
      const postmaster = await postmasterOf(folder);
      if (postmaster !== undefined) for (const pid of await familyOf(postmaster)) kill(pid, "SIGKILL");
    },
    [Symbol.asyncDispose]: () => left.disposeAsync(),
  };
}

/** Two servers with durable commits, like the embedded one. */
async function openPair(): Promise<SetupDatabase> {
  const pair = await DatabasePair.open({
    fsync: "on",
    synchronous_commit: "on",
    full_page_writes: "on",
    autovacuum: "on",
    wal_keep_size: "512MB", // a new standby finds all WAL since its base backup
  });
  return {
    line: pair.line,
    disk: undefined,
    pair,
    connectionString: `${pair.connectionString}?sslmode=disable`,
    ownerUrl: () => pair.primary.urlOf("postgres"),
    killPostgres: undefined,
    [Symbol.asyncDispose]: () => pair[Symbol.asyncDispose](),
  };
}

/** Returns the embedded server's socket, in the folder that its URL names. */
function partsOf(ownerUrl: string): { socketPath: string; credentials: string; database: string } {
  const url = new URL(ownerUrl);
  return {
    socketPath: join(url.searchParams.get("host") ?? "", `.s.PGSQL.${url.port}`),
    credentials: `${url.username}:${url.password}`,
    database: url.pathname.slice(1),
  };
}
