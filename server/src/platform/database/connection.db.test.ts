import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { buildAuthority } from "../../../test/support/build-certificates.ts";
import { makeEmptyDataDir } from "../../../test/support/empty-data-dir.ts";
import { test } from "../../../test/support/test.ts";
import { startThrowAwayPostgres } from "../../../test/support/throw-away-postgres.ts";
import { openPool } from "./pool.ts";

const schema = "bellwire";

test("TLS verifies the certificate's name and its CA against sslrootcert, unless sslmode is no-verify", async () => {
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
