import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { findUnprivilegedUser } from "#platform/embedded-postgres/programs.ts";
import { claimPort } from "../../src/app/listening.ts";
import { until } from "./until.ts";

const pgbouncer = process.env["PGBOUNCER_PATH"] ?? "pgbouncer";

export const hasPooler = (): boolean => spawnSync(pgbouncer, ["--version"]).status === 0;

export interface Pooler extends AsyncDisposable {
  /** Leads through the pooler. */
  readonly url: string;
}

export interface PoolerOptions {
  /** The database behind it, by a socket or a port. */
  readonly url: string;
  readonly mode: "session" | "transaction" | "statement";
  /** Server connections. With fewer than its clients have, transactions of different clients share them. */
  readonly size?: number;
}

/** Starts PgBouncer, and waits until it answers. Its clients log in with the password of the URL. */
export async function startPooler({ url, mode, size = 20 }: PoolerOptions): Promise<Pooler> {
  const { host, port, user, password, database } = new pg.Client({ connectionString: url });
  const folder = await mkdtemp(join(tmpdir(), "bellwire-pooler-"));
  const own = await findUnprivilegedUser(); // it refuses to run as root
  const listenPort = await claimPort("127.0.0.1", 0);
  const [users, config] = [join(folder, "users.txt"), join(folder, "pgbouncer.ini")];
  await writeFile(users, `"${user}" "${password}"\n`);
  await writeFile(
    config,
    `[databases]
${database} = host=${host} port=${port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listenPort}
unix_socket_dir =
auth_type = plain
auth_file = ${users}
pool_mode = ${mode}
default_pool_size = ${size}
max_client_conn = 200
server_login_retry = 1
server_connect_timeout = 2
`,
  );
  await chmod(folder, 0o755);
  if (own) for (const path of [users, config]) await chown(path, own.uid, own.gid);
  const pooler = spawn(pgbouncer, [config], { stdio: "ignore", ...(own && { uid: own.uid, gid: own.gid }) });
  const ended = once(pooler, "exit");
  const pooledUrl = `postgresql://${user}:${password}@127.0.0.1:${listenPort}/${database}?sslmode=disable`;
  await until(() => doesAnswer(pooledUrl));
  return {
    url: pooledUrl,
    async [Symbol.asyncDispose]() {
      pooler.kill();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

async function doesAnswer(url: string): Promise<boolean> {
  const client = new pg.Client(url);
  client.on("error", () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
