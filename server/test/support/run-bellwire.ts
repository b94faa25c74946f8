import { type Role, readConfig } from "#platform/config/read-config.ts";
import { createLogger } from "#platform/logger.ts";
import { runServer } from "../../src/app/run-server.ts";
import { makeEmptyDataDir } from "./empty-data-dir.ts";
import { type SignIn, readSignIn } from "./start-bellwire.ts";

export interface RunningServer extends AsyncDisposable {
  /** Empty without the web role. */
  readonly url: string;
}

export interface RunningBellwire extends RunningServer {
  readonly signIn: SignIn;
}

/**
 * Runs all of Bellwire in this process, on the database of a test, as its first start leaves it. For tests that are about neither
 * processes nor signals: a process of its own with an embedded database takes two seconds of processor time more.
 */
export async function runBellwire(
  databaseUrl: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningBellwire> {
  await using running = new AsyncDisposableStack();
  const folder = running.use(await makeEmptyDataDir());
  const { url } = running.use(
    await runRoles(["web", "engine"], {
      DATABASE_URL: databaseUrl,
      BELLWIRE_SECRET_KEY: Buffer.alloc(32, 7).toString("base64"),
      BELLWIRE_DATA_DIR: folder.path,
      BELLWIRE_ALLOWED_TARGETS: "127.0.0.0/8",
      BELLWIRE_TRY_OUT: "on",
      ...environment,
    }),
  );
  const signIn = await readSignIn(folder.path);
  const open = running.move();
  return { url, signIn, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/** Runs some roles in this process, as `bellwire serve` does with these settings. */
export async function runRoles(
  roles: readonly Role[],
  environment: Readonly<Record<string, string>>,
  log = createLogger("silent"),
): Promise<RunningServer> {
  const stop = new AbortController();
  const lines: string[] = [];
  const server = await runServer({
    config: readConfig({ PORT: "0", ...environment }),
    roles,
    log,
    printStatus: (line) => lines.push(line),
    supervisor: undefined,
    ahead: undefined,
    stop: stop.signal,
    isStopping: () => stop.signal.aborted,
  });
  const ready = lines.map((line) => /^bellwire (?:engine )?ready ?(\S*)/.exec(line)?.[1]);
  return {
    url: ready.find((each) => each !== undefined) ?? "",
    async [Symbol.asyncDispose]() {
      stop.abort();
      await server[Symbol.asyncDispose]();
    },
  };
}
