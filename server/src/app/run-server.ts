import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { systemClock } from "#platform/clock.ts";
import type { Config, Role } from "#platform/config/read-config.ts";
import { openDatabase, type OpenedDatabase } from "#platform/database/open-database.ts";
import type { ServerAhead } from "#platform/embedded-postgres/open-embedded-postgres.ts";
import { errorMessage } from "#platform/errors.ts";
import { withFileLock } from "#platform/files.ts";
import { type Provider, readFirstProvider } from "#portal/providers/index.ts";
import { type Bin, createOwnBins } from "#request-bin/index.ts";
import type { EndpointNeeds } from "#webhooks/endpoints/index.ts";
import {
  claimPort,
  listenError,
  localUrl,
  providerUrls,
  attemptsBesideClients,
  readDescriptorLimit,
} from "./listening.ts";
import type { EngineRoleParts } from "./engine-role.ts";
import { type EngineSupervisor, type Scraped, withMoreMetrics } from "./engine-supervisor.ts";
import { createTryOut, findTryOutBin, type FirstSignIn, setUpFirst, signInLines, type TryOut } from "./first-start.ts";
import { measureBacklog, measureDatabase, measureHttp } from "./metrics.ts";
import { openParts, type Parts } from "./open-parts.ts";
import { openDirectory, type StartingDirectory } from "./start-without-directory.ts";

interface RunNeeds {
  readonly config: Config;
  readonly roles: readonly Role[];
  readonly log: Logger;
  /** Prints a status line. */
  readonly printStatus: (line: string) => void;
  /** Runs the engine, if it has a process of its own. */
  readonly supervisor: EngineSupervisor | undefined;
  /** The embedded database's server, if it has been started already. */
  readonly ahead: ServerAhead | undefined;
  /** Aborts the start; runServer then rejects with its reason. */
  readonly stop: AbortSignal;
  /** Returns true from the first stop signal on, before `stop` is aborted. */
  readonly isStopping: () => boolean;
}

/** How long attempts in flight may take to finish, counted from the stop. The whole stop takes at most 15 s. */
const drainMsMax = 12_000;

/**
 * Opens components in order and closes them in reverse: first new requests stop, then the engine drains, and the database
 * closes last.
 */
export async function runServer({
  config,
  roles,
  log,
  printStatus,
  supervisor: givenSupervisor,
  ahead,
  stop,
  isStopping,
}: RunNeeds): Promise<AsyncDisposable> {
  const isWeb = roles.includes("web");
  const port = await claimPorts(config, isWeb);
  const local = localUrl(config.host, port);
  const urls = providerUrls(config.publicUrl ?? local, config.baseDomain);

  await using running = new AsyncDisposableStack();
  // Loading the web role blocks this thread for a third of a second. An engine with its own process would wait that long for the database.
  if (isWeb && !givenSupervisor) prefetchInterfaces();
  const built = isWeb ? startBuilding({ printStatus, stop, running }) : Promise.resolve();
  const database = prepareDatabase({ config, log, printStatus, ahead, stop, running });
  const parts = await openParts({ config, log, urls, openDatabase: database.open, printStatus, running, stop });
  measureBacklog(parts.metrics, { db: parts.pool, machine: systemClock });
  measureDatabase(parts.metrics, { db: parts.pool, machine: systemClock });
  stop.throwIfAborted();
  const drainMs = drainLeft(stop);
  // The engine's process gets its hints and connections from the directory's database.
  const supervisor = await closeSupervisorIf(parts.isWithoutDirectory, givenSupervisor);
  if (supervisor) running.use(supervisor); // stops before the database does
  const engineReady = supervisor?.start({ ...parts, database: await database.opened, localUrl: local, drainMs });
  engineReady?.catch(() => undefined); // awaited below
  if (isWeb && supervisor) prefetchInterfaces();
  if (parts.isWithoutDirectory) await openKnownCells(parts);
  const signIn = isWeb && !parts.isWithoutDirectory ? await setUpFirstProvider(parts) : undefined;
  stop.throwIfAborted();
  if (!supervisor && roles.includes("engine")) {
    const attemptsMax = isWeb ? attemptsBesideClients(readDescriptorLimit(), config.databaseConnections) : undefined;
    running.use(await startEnginesHere({ ...parts, attemptsMax }, drainMs));
  }
  const scraped = withMoreMetrics(parts.metrics, {
    cells: () => parts.cells.readMetrics(),
    engine: supervisor && (() => supervisor.readMetrics()),
  });
  const measureRequests = isWeb ? measureHttp(parts.metrics) : undefined;
  const interfaces = { ...parts, metrics: scraped, isStopping: () => isStopping() || stop.aborted, measureRequests };
  await openInterfaces(interfaces, { isWeb, port, running });
  await engineReady;
  await built;
  stop.throwIfAborted();

  const outside = config.publicUrl ? ` (from outside ${config.publicUrl})` : "";
  printStatus(isWeb ? `bellwire ready ${local}${outside}` : "bellwire engine ready");
  if (signIn) await printSignIn(signIn, printStatus);
  return running.move();
}

/** Refuses ports in use before a database is created. Returns the port of the web. */
async function claimPorts({ host, port, operationsPort }: Config, isWeb: boolean): Promise<number> {
  const claimed = isWeb ? await claimPort(host, port) : port;
  if (operationsPort !== undefined) await claimPort(host, operationsPort, "BELLWIRE_OPERATIONS_PORT");
  return claimed;
}

async function printSignIn({ lines, claim }: FirstSignIn, printStatus: RunNeeds["printStatus"]): Promise<void> {
  if (await claim()) printStatus(lines.trimEnd());
}

interface DatabaseNeeds extends Pick<RunNeeds, "config" | "log" | "printStatus" | "ahead" | "stop"> {
  readonly running: AsyncDisposableStack;
}

/** Returns a function that opens the directory's database, and the database once it is open. */
function prepareDatabase({ config, log, printStatus, ahead, stop, running }: DatabaseNeeds) {
  const opened = Promise.withResolvers<OpenedDatabase>();
  const open = (tracing: Parts["tracing"]): Promise<StartingDirectory> =>
    openDirectory({
      config,
      log,
      printStatus,
      running,
      open: async (databaseWaitSeconds) => {
        const waiting = { ...config, databaseWaitSeconds };
        const database = await openDatabase({
          config: waiting,
          mayChange: true,
          printStatus,
          log,
          ahead,
          stop,
          tracing,
        });
        opened.resolve(database);
        return database;
      },
    });
  return { open, opened: opened.promise };
}

async function closeSupervisorIf(
  isWithoutDirectory: boolean,
  supervisor: EngineSupervisor | undefined,
): Promise<EngineSupervisor | undefined> {
  if (!isWithoutDirectory) return supervisor;
  await supervisor?.[Symbol.asyncDispose]();
  return undefined;
}

/** Opens the cells at the start, because readiness without the directory depends on them. */
async function openKnownCells({ directory, cells }: Parts): Promise<void> {
  const known = (await directory.readCells()).cells.filter(({ databaseUrl }) => databaseUrl !== null);
  await Promise.allSettled(known.map(({ number }) => cells.get(number)));
}

const startEnginesHere = async (parts: EngineRoleParts, drainMs: () => number): Promise<AsyncDisposable> =>
  (await import("./engines.ts")).startEngines(parts, drainMs);

/** Returns the remaining drain time when the engine stops: the web role may have used some of it. */
function drainLeft(stop: AbortSignal): () => number {
  let stoppedAtMs: number | undefined;
  stop.addEventListener("abort", () => (stoppedAtMs = systemClock.monotonicMs()));
  return () => {
    const nowMs = systemClock.monotonicMs();
    return Math.max(0, drainMsMax - (nowMs - (stoppedAtMs ?? nowMs)));
  };
}

// Loaded on demand: they would add half to the memory of an engine's process.
const loadInterfaces = () => import("./serve-http.ts");
/** The later, awaited call throws a failure. */
const prefetchInterfaces = (): void => void loadInterfaces().catch(() => undefined);

async function openInterfaces(
  parts: Omit<Parts, "metrics"> & {
    readonly metrics: Scraped;
    readonly isStopping: () => boolean;
    readonly measureRequests: ReturnType<typeof measureHttp> | undefined;
  },
  { isWeb, port, running }: { isWeb: boolean; port: number; running: AsyncDisposableStack },
): Promise<void> {
  const { host, operationsPort } = parts.config;
  let isStarting = isWeb;
  if (operationsPort !== undefined) {
    const { monitored, serveOperations } = await import("#http/operations/index.ts");
    const { metrics, isStopping, cells } = parts;
    const servesOtherCell = () => cells.isAnyReady();
    const needs = { ...monitored(parts.pool), metrics, isStopping, isStarting: () => isStarting, servesOtherCell };
    const at = { host, port: operationsPort };
    running.use(
      await serveOperations(needs, at).catch((error: unknown) => {
        throw listenError(error, { ...at, setting: "BELLWIRE_OPERATIONS_PORT" });
      }),
    );
  }
  if (!isWeb) return;
  const { serveHttp } = await loadInterfaces();
  const otherCells = {
    tenants: parts.tenants,
    open: (cell: number) => parts.cells.get(cell),
    isAnyReady: () => parts.cells.isAnyReady(),
  };
  running.use(await serveHttp({ ...parts, port, otherCells, tryOut: await findTryOut(parts) }));
  isStarting = false;
}

interface BuildNeeds extends Pick<RunNeeds, "printStatus" | "stop"> {
  readonly running: AsyncDisposableStack;
}

/** Builds in parallel; a failed or stopped start does not wait for it. */
function startBuilding({ printStatus, stop, running }: BuildNeeds): Promise<void> {
  const abandoned = new AbortController();
  const built = buildWeb(printStatus, AbortSignal.any([stop, abandoned.signal]));
  running.defer(async () => {
    abandoned.abort();
    await built;
  });
  return built;
}

const setUpFirstProvider = (parts: Parts): Promise<FirstSignIn | undefined> =>
  setUpFirst({
    config: parts.config,
    pool: parts.pool,
    passwords: parts.passwords,
    now: systemClock.now(),
    complete: async (provider, credentials) => {
      const { config, urls } = parts;
      const bin = config.tryOut ? await createTryOutOnce(parts, provider) : undefined;
      return signInLines({ config, provider, credentials, urls, bin });
    },
  });

/** Creates the bin of the try-out once, even if an earlier start was killed. */
async function createTryOutOnce(parts: Parts, provider: Provider): Promise<Bin> {
  const needs = endpointNeeds(parts);
  return (await findTryOutBin(needs, provider, parts.urls)) ?? createTryOut(needs, provider, parts.urls);
}

async function findTryOut(parts: TryOutParts & Pick<Parts, "isWithoutDirectory">): Promise<TryOut | undefined> {
  const provider = parts.config.tryOut && !parts.isWithoutDirectory ? await readFirstProvider(parts.pool) : undefined;
  const bin = provider && (await findTryOutBin(endpointNeeds(parts), provider, parts.urls));
  return provider && bin ? { providerId: provider.id } : undefined;
}

type TryOutParts = Pick<Parts, "config" | "pool" | "encryption" | "urls" | "allowed" | "lookup">;

function endpointNeeds({ pool, encryption, urls, allowed, lookup, config }: TryOutParts): EndpointNeeds {
  const bins = createOwnBins({ pool, isOurs: urls.isOurs });
  const targets = { allowed, lookup, isOwnBin: (url: URL) => bins.matches(url) !== undefined };
  return { pool, encryption, targets, retryWaitsSeconds: config.retryWaitsSeconds };
}

const webFolder = fileURLToPath(new URL("../../../web/", import.meta.url));
const lockFile = fileURLToPath(new URL("../../../node_modules/.bellwire-web-build", import.meta.url));
const built = join(webFolder, "dist");

/** The files beside `src` that change the build. */
const buildFiles = ["index.html", "package.json", "vite.config.ts", "trim-patternfly.ts", "precompress.ts"];

/**
 * Builds the Admin Portal's pages if they are missing or older than their sources. A failed build is reported and affects
 * nothing else. Without a bundler, as in the package, in an image or after `npm ci --omit=dev`, uses the existing pages.
 */
async function buildWeb(printStatus: (line: string) => void, stop: AbortSignal): Promise<void> {
  try {
    if (await isFresh()) return;
    const vite = findVite();
    if (vite === undefined) {
      if (!existsSync(join(built, "index.html"))) printStatus(notBuilt);
      return;
    }
    await withFileLock(
      lockFile,
      () => printStatus("another process is building the Admin Portal's pages; waiting for it"),
      async () => (await isFresh()) || build(vite, printStatus, stop),
      stop,
    );
  } catch (error) {
    if (!stop.aborted) printStatus(`the Admin Portal's pages could not be built: ${errorMessage(error)}`);
  }
}

const notBuilt =
  "the Admin Portal's pages are not built, and the bundler is not installed: run npm ci && npm run build, then npm prune --omit=dev";

/** Returns the path of Vite's program. It is a development dependency. */
function findVite(): string | undefined {
  try {
    return join(dirname(createRequire(join(webFolder, "package.json")).resolve("vite/package.json")), "bin", "vite.js");
  } catch {
    return undefined;
  }
}

async function isFresh(): Promise<boolean> {
  const page = await stat(join(built, "index.html")).catch(() => undefined);
  if (!page) return false;
  return !existsSync(join(webFolder, "src")) || page.mtimeMs >= (await newestSourceMs());
}

async function newestSourceMs(): Promise<number> {
  const sources = await readdir(join(webFolder, "src"), { recursive: true, withFileTypes: true });
  const files = sources.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const times = [...files, ...buildFiles.map((name) => join(webFolder, name))].map(
    async (file) => (await stat(file)).mtimeMs,
  );
  return Math.max(...(await Promise.all(times)));
}

// Builds beside the old pages and replaces them when the new ones are complete.
async function build(vite: string, printStatus: (line: string) => void, stop: AbortSignal): Promise<void> {
  const startedMs = systemClock.monotonicMs();
  printStatus("building the Admin Portal's pages (the first time, and when they changed)");
  const draft = join(webFolder, "node_modules", ".dist-draft"); // ignored by git and formatters
  // A warning may be the reason of a failure, such as a folder with # in its name.
  const child = spawn(process.execPath, [vite, "build", "--outDir", draft, "--emptyOutDir", "--logLevel", "warn"], {
    cwd: webFolder,
    detached: true, // Ctrl-C reaches only this process, which ends it
    stdio: ["ignore", "ignore", "pipe"],
    signal: stop,
  });
  const output: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(Buffer.concat(output).toString().trim());
  await rm(built, { recursive: true, force: true });
  await rename(draft, built);
  printStatus(`built the Admin Portal's pages in ${((systemClock.monotonicMs() - startedMs) / 1000).toFixed(1)} s`);
}
