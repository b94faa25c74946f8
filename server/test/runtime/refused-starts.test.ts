import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, rename, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openEmbeddedPostgres } from "#platform/embedded-postgres/open-embedded-postgres.ts";
import { queryOnce } from "../cells/installation.ts";
import { buildAuthority } from "../support/build-certificates.ts";
import { cloneTemplate } from "../support/clone-template.ts";
import { makeDataDir } from "../support/data-dir.ts";
import { makeEmptyDataDir } from "../support/empty-data-dir.ts";
import { mountReadOnly } from "../support/small-disk.ts";
import { BellwireProcess, serve } from "../support/start-bellwire.ts";

const key = Buffer.alloc(32).toString("base64");

/** Expects exit code 1, one message without a stack trace, and an unchanged data directory. */
async function refusal(env: Readonly<Record<string, string>>): Promise<string> {
  await using folder = await makeEmptyDataDir();
  const dataDir = folder.path;
  await using refused = serve(dataDir, { BELLWIRE_LOG_LEVEL: "silent", ...env });
  expect(await refused.ended).toBe(1);
  expect(refused.stderr).not.toMatch(/^\s+at /m);
  expect(await readdir(dataDir)).toEqual([]);
  return refused.stderr;
}

test("a taken port is reported before a database is created", async () => {
  const otherProgram = createServer().listen(0, "127.0.0.1");
  await once(otherProgram, "listening");
  const address = otherProgram.address();
  const port = typeof address === "object" ? String(address?.port) : "";
  for (const [setting, env] of [
    ["PORT", { PORT: port }],
    ["BELLWIRE_OPERATIONS_PORT", { PORT: "0", BELLWIRE_OPERATIONS_PORT: port }],
  ] as const) {
    expect(await refusal(env)).toBe(
      `bellwire: Port ${port} on 127.0.0.1 is taken by another program. End it, or set ${setting} to another one.\n`,
    );
  }
  otherProgram.close();
});

test("one port for the web and for operations is refused by the names of both settings", async () => {
  expect(await refusal({ PORT: "9090", BELLWIRE_OPERATIONS_PORT: "9090" })).toBe(
    "bellwire: These settings are wrong:\n- BELLWIRE_OPERATIONS_PORT must be another port than PORT: both are 9090\n",
  );
});

test("an incomplete copy of a data directory is refused, and gets nothing new", async () => {
  await using folder = await makeDataDir();
  for (const [name, problem] of [
    ["postgres/PG_VERSION", "has files, but not all of a database"],
    ["database-passwords", "database-passwords is missing, with the passwords of the database"],
  ] as const) {
    const path = join(folder.path, name);
    await rename(path, `${path}.kept`);
    await expect(openEmbeddedPostgres(folder.path, () => undefined)).rejects.toThrow(problem);
    expect(existsSync(path)).toBe(false);
    await rename(`${path}.kept`, path);
  }
});

test("a data directory that cannot be written is named with its owner", async (context) => {
  await using folder = await makeEmptyDataDir();
  const readOnly = await mountReadOnly(folder.path);
  if (!readOnly) return context.skip("mounting is not permitted");
  await using _mounted = readOnly;
  await expect(openEmbeddedPostgres(folder.path, () => undefined)).rejects.toThrow(
    /cannot be used: EROFS.*\. It belongs to the user number \d+\.$/,
  );
});

test("all invalid settings are reported in one message, without their values", async () => {
  const message = await refusal({
    PORT: "http",
    BELLWIRE_TRY_OUT: "perhaps",
    BELLWIRE_SECRET_KEY: "hunter2",
    BELLWIRE_RETENTION_DAYS: "0",
  });
  expect(message.split("\n").map((line) => line.split(" ").slice(0, 4).join(" "))).toEqual([
    "bellwire: These settings are",
    "- PORT must be",
    "- BELLWIRE_SECRET_KEY must be",
    "- BELLWIRE_TRY_OUT must be",
    "- BELLWIRE_RETENTION_DAYS must be",
    "",
  ]);
  expect(message).not.toContain("hunter2");
});

test("an unreachable database is reported after the configured wait, without its password", async () => {
  const message = await refusal({
    DATABASE_URL: "postgresql://u:hunter2@127.0.0.1:1/x",
    BELLWIRE_SECRET_KEY: key,
    BELLWIRE_DATABASE_WAIT_SECONDS: "1",
  });
  expect(message).toContain("The database at 127.0.0.1:1/x cannot be used: connect ECONNREFUSED");
  expect(message).not.toContain("hunter2");
});

test("a file of authorities without a certificate, or with a damaged one, is refused", async () => {
  await using folder = await makeEmptyDataDir();
  const path = join(folder.path, "authorities.pem");
  const { caPem } = buildAuthority();
  for (const [content, problem] of [
    ["", "it has no certificate in the PEM format"],
    [buildAuthority().issue({ names: ["a.example"] }).key, "it has no certificate in the PEM format"],
    [`${caPem}${caPem.slice(0, 200)}`, "certificate 2 of 2 is damaged"],
  ] as const) {
    await writeFile(path, content);
    expect(await refusal({ BELLWIRE_CA_FILE: path })).toBe(
      `bellwire: The certificate authorities of BELLWIRE_CA_FILE cannot be read: ${problem}\n`,
    );
  }
});

test("an unexpected error during the start ends it with code 1 and is logged", async () => {
  await using clone = await cloneTemplate();
  await queryOnce(clone.connectionString, "drop table bellwire.providers cascade");
  const environment = { DATABASE_URL: clone.connectionString, BELLWIRE_SECRET_KEY: key, BELLWIRE_LOG_LEVEL: "fatal" };
  await using bellwire = new BellwireProcess(["serve", "--role", "web"], environment);
  expect(await bellwire.ended).toBe(1);
  expect(bellwire.stdout + bellwire.stderr).toMatch(/relation .*providers.* does not exist/);
});
