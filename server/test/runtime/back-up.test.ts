import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { backUp } from "#platform/embedded-postgres/back-up.ts";
import { openEmbeddedPostgres } from "#platform/embedded-postgres/open-embedded-postgres.ts";
import { queryOnce } from "../cells/installation.ts";
import { makeDataDir } from "../support/data-dir.ts";
import { makeEmptyDataDir } from "../support/empty-data-dir.ts";
import { mountSmallDisk } from "../support/small-disk.ts";
import { BellwireProcess, inOneProcess, serve } from "../support/start-bellwire.ts";

const accessToken = "a-token-that-the-test-knows";

async function signUp(url: string, name: string): Promise<void> {
  const answer = await fetch(`${url}/admin/api/signup.xml`, {
    method: "POST",
    body: new URLSearchParams({
      access_token: accessToken,
      org_name: name,
      username: name,
      email: `${name}@example.com`,
      password: "a long enough password",
    }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

async function accountNames(url: string): Promise<string[]> {
  const answer = await fetch(`${url}/admin/api/accounts.json?access_token=${accessToken}&per_page=500`);
  return [...(await answer.text()).matchAll(/"org_name":"([^"]+)"/g)].map(([, name = ""]) => name);
}

test(
  "a backup under load contains every change acknowledged before it, and its start is detected as a restore",
  { timeout: 120_000 },
  async () => {
    await using folder = await makeDataDir();
    await using backups = await makeEmptyDataDir();
    const target = backups.path; // an empty folder is accepted
    await using original = serve(folder.path, { ...inOneProcess, BELLWIRE_ACCESS_TOKEN: accessToken });
    const url = await original.ready();
    for (const number of [1, 2, 3]) await signUp(url, `before-${number}`);

    let isCopied = false;
    const writing = (async () => {
      for (let number = 1; !isCopied && number < 500; number += 1) await signUp(url, `during-${number}`);
    })();
    await using command = new BellwireProcess(["backup", "--to", target], { BELLWIRE_DATA_DIR: folder.path });
    const code = await command.ended;
    isCopied = true;
    await writing;
    expect([code, command.stderr]).toEqual([0, expect.stringContaining("holds the secret key")]);
    await signUp(url, "after");
    expect(await original.stop()).toBe(0);

    await using restored = serve(target, inOneProcess);
    const names = await accountNames(await restored.ready());
    expect(names).toEqual(expect.arrayContaining(["before-1", "before-2", "before-3"]));
    expect(names).not.toContain("after");
    expect(await (await fetch(`${restored.url}/readyz`)).text()).toContain("resumed from an earlier state");
    await signUp(restored.url, "afterwards");
    expect(await restored.stop()).toBe(0);
  },
);

test("a backup says that it lacks a secret key that the environment gives", async () => {
  await using folder = await makeDataDir();
  await using backups = await makeEmptyDataDir();
  const settings = { BELLWIRE_DATA_DIR: folder.path, BELLWIRE_SECRET_KEY: Buffer.alloc(32, 5).toString("base64") };
  await using command = new BellwireProcess(["backup", "--to", backups.path], settings);
  const result = [await command.ended, command.stderr];
  expect(result).toEqual([0, expect.stringContaining("does not hold BELLWIRE_SECRET_KEY")]);
});

test("a backup has none of the replication slots, which would keep its write-ahead log for ever", async () => {
  await using folder = await makeDataDir();
  await using backups = await makeEmptyDataDir();
  await using postgres = await openEmbeddedPostgres(folder.path, () => undefined);
  await queryOnce(postgres.ownerUrl, "select pg_create_physical_replication_slot('standby', true)");
  await backUp({ ...postgres, dataDir: folder.path, target: backups.path });
  expect(await readdir(join(folder.path, "postgres", "pg_replslot"))).toContain("standby");
  expect(await readdir(join(backups.path, "postgres", "pg_replslot"))).toEqual([]);
});

test("a backup into a folder that is not empty is refused and writes nothing", async () => {
  await using folder = await makeDataDir();
  await using command = new BellwireProcess(["backup", "--to", folder.path], { BELLWIRE_DATA_DIR: folder.path });
  const before = await readdir(folder.path);
  expect([await command.ended, command.stderr]).toEqual([1, expect.stringContaining("must be a new or empty folder")]);
  expect(await readdir(folder.path)).toEqual(expect.arrayContaining(before));
});

test("a backup into the database's own folder is refused, as it would copy itself", async () => {
  await using folder = await makeDataDir();
  const target = join(folder.path, "postgres", "backup");
  await using command = new BellwireProcess(["backup", "--to", target], { BELLWIRE_DATA_DIR: folder.path });
  expect([await command.ended, command.stderr]).toEqual([1, expect.stringContaining("the database's own folder")]);
  expect(await readdir(join(folder.path, "postgres"))).not.toContain("backup");
});

test("a start on a backup that did not end says that it is incomplete", async () => {
  await using folder = await makeDataDir();
  await using backups = await makeEmptyDataDir();
  const target = join(backups.path, "monday");
  await promisify(execFile)("mkfifo", [join(folder.path, "postgres", "zz-pipe")]);
  await using command = new BellwireProcess(["backup", "--to", target], { BELLWIRE_DATA_DIR: folder.path });
  expect([await command.ended, command.stderr]).toEqual([1, expect.stringContaining("is neither a file nor a folder")]);
  await using started = serve(target, inOneProcess);
  expect([await started.ended, started.stderr]).toEqual([1, expect.stringContaining("monday is an incomplete backup")]);
});

test("a backup that its disk has no room for says so without a stack, and to delete it", async (context) => {
  await using folder = await makeDataDir();
  await using backups = await makeEmptyDataDir();
  const disk = await mountSmallDisk(backups.path);
  if (!disk) return context.skip("mounting is not permitted");
  await using _mounted = disk;
  await disk.fill();
  const target = join(backups.path, "monday");
  await using command = new BellwireProcess(["backup", "--to", target], { BELLWIRE_DATA_DIR: folder.path });
  expect(await command.ended).toBe(1);
  expect(command.stderr).toMatch(/^bellwire: The backup in \S+monday is incomplete; delete it\. ENOSPC[^\n]+\n$/);
});
