import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openEmbeddedPostgres } from "#platform/embedded-postgres/open-embedded-postgres.ts";
import { familyOf, kill, postmasterOf } from "../support/processes.ts";
import { BellwireProcess } from "../support/start-bellwire.ts";
import type { BellwireApi } from "./ask-bellwire.ts";
import { openDatabaseLine, type DatabaseLine } from "../support/database-line.ts";
import { KeptProcess } from "./kept-process.ts";
import { mountSmallDisk, type SmallDisk } from "../support/small-disk.ts";
import { waits3scale } from "./endpoints.ts";

/** The Bellwire that is tried: web and two engines, on one database behind a line that can be disturbed. */
export interface Ground extends AsyncDisposable {
  readonly api: BellwireApi;
  readonly web: KeptProcess;
  readonly engines: readonly [KeptProcess, KeptProcess];
  readonly line: DatabaseLine;
  /** Undefined where nothing may be mounted. */
  readonly disk: SmallDisk | undefined;
  /** Connects to the database itself, not through the line. */
  readonly ownerUrl: string;
  /** From its next start on, the process goes by a clock that is off by so much. */
  setClock(process: KeptProcess, offMs: number): void;
  /** The postmaster with all of its processes. */
  killPostgres(): Promise<void>;
}

const wrongClock = fileURLToPath(new URL("../support/wrong-clock.ts", import.meta.url));
const token = "the-token-of-the-chaos";

export async function prepareGround(): Promise<Ground> {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "bellwire-chaos-"));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const disk = await mountSmallDisk(folder);
  if (disk) opened.use(disk);

  const postgres = opened.use(await openEmbeddedPostgres(folder, () => undefined));
  const { socketPath, credentials, database } = partsOf(postgres.ownerUrl);
  const line = opened.use(await openDatabaseLine(socketPath));
  const port = await freePort();
  const clocksOffMs = new Map<string, number>();
  const start = (role: "web" | "engine", name: string) => () =>
    new BellwireProcess(["serve", "--role", role], {
      PORT: String(port),
      DATABASE_URL: `postgresql://${credentials}@127.0.0.1:${line.port}/${database}?sslmode=disable`,
      BELLWIRE_SECRET_KEY: Buffer.alloc(32, 7).toString("base64"),
      BELLWIRE_ACCESS_TOKEN: token,
      BELLWIRE_ALLOWED_TARGETS: "127.0.0.0/8",
      BELLWIRE_RETRY_WAITS_SECONDS: waits3scale.join(","),
      BELLWIRE_LOG_LEVEL: "warn",
      NODE_OPTIONS: `--import ${wrongClock}`,
      WRONG_CLOCK_MS: String(clocksOffMs.get(name) ?? 0),
    });
  const web = opened.use(new KeptProcess("web", start("web", "web")));
  await web.ready();
  const engines = [
    opened.use(new KeptProcess("engine 1", start("engine", "engine 1"))),
    opened.use(new KeptProcess("engine 2", start("engine", "engine 2"))),
  ] as const;
  for (const engine of engines) await engine.ready();

  const left = opened.move();
  return {
    api: { url: `http://127.0.0.1:${port}`, token },
    web,
    engines,
    line,
    disk,
    ownerUrl: postgres.ownerUrl,
    setClock: ({ name }, offMs) => void clocksOffMs.set(name, offMs),
    async killPostgres() {
      const postmaster = await postmasterOf(folder);
      if (postmaster !== undefined) for (const pid of await familyOf(postmaster)) kill(pid, "SIGKILL");
    },
    [Symbol.asyncDispose]: () => left.disposeAsync(),
  };
}

/** Where the embedded server listens: a socket in the folder that its URL names. */
function partsOf(ownerUrl: string): { socketPath: string; credentials: string; database: string } {
  const url = new URL(ownerUrl);
  return {
    socketPath: join(url.searchParams.get("host") ?? "", `.s.PGSQL.${url.port}`),
    credentials: `${url.username}:${url.password}`,
    database: url.pathname.slice(1),
  };
}

/** A port that is free now. Nobody else takes it in between: the system gives others first. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === "object" && address ? address.port : 0;
}
