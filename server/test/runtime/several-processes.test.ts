import { expect, test as base } from "vitest";
import { makeDataDir } from "../support/data-dir.ts";
import { makeEmptyDataDir } from "../support/empty-data-dir.ts";
import { isAlive, postmasterOf } from "../support/processes.ts";
import { BellwireProcess, inOneProcess, serve } from "../support/start-bellwire.ts";
import { until } from "../support/until.ts";

const timeout = 120_000;

/** A process that tests share. */
const test = base
  .extend("dataDir", { scope: "file" }, async ({}, { onCleanup }) => {
    const folder = await makeDataDir();
    onCleanup(() => folder[Symbol.asyncDispose]());
    return folder.path;
  })
  .extend("serving", { scope: "file" }, async ({ dataDir }, { onCleanup }) => {
    const serving = serve(dataDir, inOneProcess);
    onCleanup(() => serving[Symbol.asyncDispose]());
    await serving.ready();
    return serving;
  });

test("two instances with their own data directories run side by side", { timeout }, async ({ dataDir, serving }) => {
  await using folder = await makeDataDir();
  await using other = serve(folder.path, inOneProcess);
  expect(await other.ready()).not.toBe(serving.url);
  expect(await postmasterOf(folder.path)).not.toBe(await postmasterOf(dataDir));
  expect(await other.stop()).toBe(0);
  expect((await fetch(`${serving.url}/readyz`)).status).toBe(200);
});

test(
  "a separate engine keeps the embedded database running when its starter stops, and stops it last",
  { timeout },
  async () => {
    await using folder = await makeDataDir();
    const dataDir = folder.path;
    await using web = serve(dataDir, {}, "--role", "web");
    await web.ready();
    await using engine = serve(dataDir, {}, "--role", "engine");
    await engine.ready();
    const postmaster = (await postmasterOf(dataDir)) ?? 0;

    expect(await web.stop()).toBe(0);
    expect(web.stdout).toContain("the embedded database keeps running: 1 other process uses it");
    expect(isAlive(postmaster)).toBe(true);
    expect(await engine.stop()).toBe(0);
    expect(isAlive(postmaster)).toBe(false);
  },
);

test(
  "processes that start concurrently on one empty data directory create one database and one provider",
  { timeout },
  async () => {
    await using folder = await makeEmptyDataDir();
    const dataDir = folder.path;
    await using started = new AsyncDisposableStack();
    const all = [1, 2, 3].map(() => started.use(serve(dataDir, inOneProcess)));
    await Promise.all(all.map((each) => each.ready()));
    await until(() => all.some((each) => each.stdout.includes("Sign up")));
    for (const each of all) expect(await each.stop()).toBe(0);
    expect(all.filter((each) => each.stdout.includes("making a new database"))).toHaveLength(1);
    expect(all.filter((each) => each.stdout.includes("Sign up"))).toHaveLength(1);
  },
);

test(
  "commands use the running database, and print only their result on stdout",
  { timeout },
  async ({ dataDir, serving }) => {
    const env = { BELLWIRE_DATA_DIR: dataDir };
    const run = async (...args: string[]) => {
      const command = new BellwireProcess(args, env);
      return { code: await command.ended, stdout: command.stdout, stderr: command.stderr };
    };
    const token = await run("token", "create", "--username", "admin", "--permission", "ro");
    expect(token.stdout).toMatch(/^[0-9a-f]{96}\n$/);
    const authorization = `Bearer ${token.stdout.trim()}`;
    expect((await fetch(`${serving.url}/api/v1/endpoints`, { headers: { authorization } })).status).toBe(200);

    expect(await run("failures", "check")).toMatchObject({ code: 0, stdout: "0 deliveries have failed\n" });
    const { stdout: config } = await run("config");
    expect(config).toMatch(/^fsync +on$/m);
    expect(config).toMatch(/^acts as +bellwire_app$/m);
  },
);
