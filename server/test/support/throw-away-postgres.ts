import { type ChildProcess, spawn } from "node:child_process";
import { chown, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import type { Place } from "#platform/embedded-postgres/choose-place.ts";
import { findBinaries } from "#platform/embedded-postgres/find-binaries.ts";
import { initDatabase, ownerRole } from "#platform/embedded-postgres/init-database.ts";
import { programOptions } from "#platform/embedded-postgres/run-program.ts";
import { serverSettings } from "#platform/embedded-postgres/server-settings.ts";
import { unprivilegedUser } from "#platform/embedded-postgres/unprivileged-user.ts";
import { fastestFolder } from "./fastest-folder.ts";
import { until } from "./until.ts";

export interface ThrowAwayPostgres extends AsyncDisposable {
  /** Connects as the owner of everything. */
  urlOf(database: string): string;
}

/** Nothing here outlives the run, so nothing waits for a disk, and plans change only when a test analyzes. */
const hasty = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  wal_compression: "off",
  autovacuum: "off",
  max_connections: "200",
  log_min_messages: "panic",
};

const ownerPassword = "throw-away";
const silently = (): void => undefined;

/** Starts PostgreSQL as the product does, and makes sure that it is this server which answers. */
export async function startThrowAwayPostgres(): Promise<ThrowAwayPostgres> {
  const folder = await mkdtemp(`${await fastestFolder()}/bellwire-test-`);
  const user = await unprivilegedUser();
  if (user) await chown(folder, user.uid, user.gid);
  const place = { folder, user };
  const binaries = await findBinaries(user, silently);
  await initDatabase({ place, binaries, ownerPassword, say: silently });

  const server = startServer(place, binaries);
  const urlOf = (database: string): string =>
    `postgresql://${ownerRole}:${ownerPassword}@/${database}?host=${encodeURIComponent(folder)}`;
  await until(() => answersFrom(urlOf("postgres"), join(folder, "postgres")), { withinMs: 30_000 });
  return {
    urlOf,
    async [Symbol.asyncDispose]() {
      const exited = new Promise((resolve) => server.once("exit", resolve));
      server.stdin?.end();
      await exited;
    },
  };
}

/** A shell stands between: when our end of its input closes, also because we were killed, it stops the server and tidies up. */
function startServer(place: Place, binaries: string): ChildProcess {
  const settings = Object.entries({ ...serverSettings(place.folder), ...hasty });
  const options = settings.flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const script = '"$@" </dev/null & read -r _; kill -INT $!; wait; rm -rf "$0"';
  const data = join(place.folder, "postgres");
  return spawn("sh", ["-c", script, place.folder, join(binaries, "postgres"), "-D", data, ...options], {
    ...programOptions(place),
    stdio: ["pipe", "ignore", "inherit"],
  });
}

async function answersFrom(url: string, data: string): Promise<boolean> {
  const client = new pg.Client(url);
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
