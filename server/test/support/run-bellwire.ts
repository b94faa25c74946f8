import { readConfig } from "#platform/config/read-config.ts";
import { createLogger } from "#platform/logger.ts";
import { runServer } from "../../src/app/run-server.ts";
import { makeEmptyDataDir } from "./empty-data-dir.ts";
import { type SignIn, readSignIn } from "./start-bellwire.ts";

export interface RunningBellwire extends AsyncDisposable {
  readonly url: string;
  readonly signIn: SignIn;
}

/**
 * Runs all of Bellwire in this process, on the database of a test, as its first start leaves it. For tests that are about neither
 * processes nor signals: a process of its own with an embedded database takes two seconds of processor time more.
 */
export async function runBellwire(databaseUrl: string): Promise<RunningBellwire> {
  await using running = new AsyncDisposableStack();
  const folder = running.use(await makeEmptyDataDir());
  const stop = new AbortController();
  const lines: string[] = [];
  const server = await runServer({
    config: readConfig({
      DATABASE_URL: databaseUrl,
      BELLWIRE_SECRET_KEY: Buffer.alloc(32, 7).toString("base64"),
      BELLWIRE_DATA_DIR: folder.path,
      BELLWIRE_ALLOWED_TARGETS: "127.0.0.0/8",
      BELLWIRE_TRY_OUT: "on",
      PORT: "0",
    }),
    roles: ["web", "engine"],
    log: createLogger("silent"),
    printStatus: (line) => lines.push(line),
    supervisor: undefined,
    ahead: undefined,
    stop: stop.signal,
    isStopping: () => stop.signal.aborted,
  });
  running.use(server);
  running.defer(() => stop.abort());
  const url = lines.map((line) => /^bellwire ready (\S+)/.exec(line)?.[1]).find((each) => each !== undefined);
  if (url === undefined) throw new Error(`It is not ready:\n${lines.join("\n")}`);
  const signIn = await readSignIn(folder.path);
  const open = running.move();
  return { url, signIn, [Symbol.asyncDispose]: () => open.disposeAsync() };
}
