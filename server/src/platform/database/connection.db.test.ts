import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect } from "vitest";
import { buildAuthority } from "../../../test/support/build-certificates.ts";
import { makeEmptyDataDir } from "../../../test/support/empty-data-dir.ts";
import { test } from "../../../test/support/test.ts";
import { startThrowAwayPostgres } from "../../../test/support/throw-away-postgres.ts";
import { until } from "../../../test/support/until.ts";
import { refuseTransactionPooling } from "./connection.ts";
import { openPool } from "./pool.ts";

const schema = "bellwire";

test("TLS: a certificate is verified against the CA of sslrootcert, also by its name, unless the URL says no-verify", async () => {
  await using folder = await makeEmptyDataDir();
  const ours = buildAuthority("Ours");
  const [ourCa, otherCa] = [join(folder.path, "ours.pem"), join(folder.path, "other.pem")];
  await writeFile(ourCa, ours.caPem);
  await writeFile(otherCa, buildAuthority("Other").caPem);
  await using postgres = await startThrowAwayPostgres({ tls: ours.issue({ names: ["127.0.0.1"] }) });
  await using elsewhere = await startThrowAwayPostgres({ tls: ours.issue({ names: ["db.example"] }) });
  const isEncrypted = async (query: string, { port } = postgres): Promise<unknown> => {
    const url = new URL(postgres.urlOf("postgres").replace("@/", `@127.0.0.1:${port}/`));
    const connectionString = `${url.href.split("?")[0]}?${query}`;
    await using pool = await openPool({ connectionString, schema });
    const [row] = await pool.query<{ ssl: boolean }>("select ssl from pg_stat_ssl where pid = pg_backend_pid()");
    return row?.ssl;
  };
  for (const mode of ["require", "verify-ca", "verify-full"]) {
    expect(await isEncrypted(`sslmode=${mode}&sslrootcert=${ourCa}`)).toBe(true);
    await expect(isEncrypted(`sslmode=${mode}&sslrootcert=${otherCa}`)).rejects.toThrow("certificate");
    await expect(isEncrypted(`sslmode=${mode}`)).rejects.toThrow("certificate");
    await expect(isEncrypted(`sslmode=${mode}&sslrootcert=${ourCa}`, elsewhere)).rejects.toThrow("does not match");
  }
  expect(await isEncrypted("sslmode=no-verify")).toBe(true);
  expect(await isEncrypted("sslmode=disable")).toBe(false);
});

const pgbouncer = process.env["PGBOUNCER_PATH"] ?? "pgbouncer";

test.for([
  ["transaction", true],
  ["statement", true],
  ["session", false],
] as const)("behind PgBouncer, pool_mode=%s is refused: %s", async ([mode, isRefused], { skip }) => {
  if (spawnSync(pgbouncer, ["--version"]).status !== 0) skip("pgbouncer is not installed");
  await using folder = await makeEmptyDataDir();
  await using postgres = await startThrowAwayPostgres();
  const { user } = postgres.place;
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const address = free.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  free.close();
  const owner = new URL(postgres.urlOf("postgres").replace("@/", "@localhost/"));
  const users = join(folder.path, "users.txt");
  const config = join(folder.path, "pgbouncer.ini");
  await writeFile(users, `"${owner.username}" "${owner.password}"\n`);
  await writeFile(
    config,
    `[databases]
postgres = host=${postgres.place.folder} port=${postgres.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${users}
pool_mode = ${mode}
`,
  );
  await chmod(folder.path, 0o755);
  if (user) for (const path of [users, config]) await chown(path, user.uid, user.gid);
  const pooler = spawn(pgbouncer, [config], { stdio: "ignore", ...user });
  try {
    const url = `postgresql://${owner.username}:${owner.password}@127.0.0.1:${port}/postgres`;
    const look = (): Promise<unknown> => refuseTransactionPooling(url, {}).then(() => "fine", String);
    const answer = await until(async () => {
      const said = await look();
      return !String(said).includes("ECONNREFUSED") && said;
    });
    expect(answer).toEqual(isRefused ? expect.stringContaining("a pooler in transaction or statement mode") : "fine");
    if (!isRefused) {
      await using pool = await openPool({ connectionString: url, schema });
      expect(await pool.query("select 1 as one")).toEqual([{ one: 1 }]);
    }
  } finally {
    pooler.kill();
    await once(pooler, "exit");
  }
});
