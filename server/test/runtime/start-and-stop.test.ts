import { spawn } from "node:child_process";
import { readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { expect, test } from "vitest";
import { withFileLock } from "#platform/files.ts";
import { makeDataDir } from "../support/data-dir.ts";
import { makeEmptyDataDir } from "../support/empty-data-dir.ts";
import { familyOf, isAlive, kill, postmasterOf } from "../support/processes.ts";
import { BellwireProcess, inOneProcess, serve } from "../support/start-bellwire.ts";
import { until } from "../support/until.ts";

const timeout = 120_000;
const accessToken = "a-token-that-the-test-knows";

/** Returns whether the token's provider exists. */
async function knowsToken(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/api/v1/endpoints`, { headers: { authorization: `Bearer ${accessToken}` } });
  return answer.ok;
}

test.concurrent("the first start prints how to sign in, and the second start uses its data", { timeout }, async () => {
  await using folder = await makeEmptyDataDir();
  const dataDir = folder.path;
  await using first = serve(dataDir, { BELLWIRE_ACCESS_TOKEN: accessToken });
  const url = await first.ready();
  await until(() => first.stdout.includes("provider key"));
  expect(first.stdout).toMatch(
    /^ {2}1 Watch {4}http\S+\/bins\/\w{26}\/view\?key=\w{26}\n {2}2 Sign up {2}http\S+\/signup\n {2}3 Admin {4}http\S+\/p\/admin {2}\(admin \/ \w{16}\)$/m,
  );
  expect(first.stdout).not.toContain(accessToken);
  const signIn = join(dataDir, "first-sign-in");
  expect(first.stdout).toContain((await readFile(signIn, "utf8")).trimEnd());
  expect((await stat(signIn)).mode & 0o777).toBe(0o600);
  expect((await stat(join(dataDir, "secret-key"))).mode & 0o777).toBe(0o600);
  expect((await stat(join(dataDir, "postgres"))).mode & 0o777).toBe(0o700);
  expect(await knowsToken(url)).toBe(true);
  expect(await first.stop()).toBe(0);
  expect(await postmasterOf(dataDir)).toBeUndefined();

  await using second = serve(dataDir, inOneProcess);
  expect(await knowsToken(await second.ready())).toBe(true);
  expect(await second.stop()).toBe(0);
  expect(second.stdout).not.toContain("Sign up");
});

test.concurrent(
  "a start after kill -9 succeeds, even if another process has the id in the lock files; a database that outlived its process is used, and stopped at the end",
  { timeout },
  async ({ onTestFinished }) => {
    await using folder = await makeDataDir();
    const dataDir = folder.path;
    await using killed = serve(dataDir, { ...inOneProcess, BELLWIRE_ACCESS_TOKEN: accessToken });
    await killed.ready();
    const postmaster = await postmasterOf(dataDir);
    expect(postmaster).toBeGreaterThan(0);
    killed.signal("SIGKILL");
    for (const pid of await familyOf(postmaster ?? 0)) kill(pid, "SIGKILL");
    await until(() => !isAlive(postmaster ?? 0));
    const { uid, gid } = await stat(join(dataDir, "postgres"));
    const stranger = spawn("sleep", ["100"], { uid, gid, cwd: "/", stdio: "ignore" }); // PostgreSQL checks only processes of its own user
    onTestFinished(() => void stranger.kill());
    for (const file of [join(dataDir, "postgres", "postmaster.pid"), join(dataDir, "socket", ".s.PGSQL.5432.lock")]) {
      await writeFile(file, (await readFile(file, "utf8")).replace(/^\d+/, String(stranger.pid)));
    }

    await using next = serve(dataDir, inOneProcess);
    expect(await knowsToken(await next.ready())).toBe(true);
    expect(stranger.exitCode).toBeNull();
    const outlived = (await postmasterOf(dataDir)) ?? 0;
    next.signal("SIGKILL");
    await next.ended;
    expect(isAlive(outlived)).toBe(true);

    await using last = serve(dataDir, inOneProcess);
    expect(await knowsToken(await last.ready())).toBe(true);
    expect(await postmasterOf(dataDir)).toBe(outlived);
    expect(await last.stop()).toBe(0);
    expect(isAlive(outlived)).toBe(false);
  },
);

test.concurrent(
  "a killed database is started again as soon as it can be, without a flood of lines",
  { timeout },
  async () => {
    await using folder = await makeDataDir();
    const dataDir = folder.path;
    await using serving = serve(dataDir, { BELLWIRE_ACCESS_TOKEN: accessToken });
    const url = await serving.ready();
    const postmaster = (await postmasterOf(dataDir)) ?? 0;
    const [settings, aside] = ["postgresql.conf", "aside"].map((name) => join(dataDir, "postgres", name));
    await rename(settings ?? "", aside ?? "");
    process.kill(postmaster, "SIGKILL");
    const occurrences = (text: string, part: string): number => text.split(part).length - 1;
    await until(
      async () =>
        occurrences(
          await readFile(join(dataDir, "postgres.log"), "utf8"),
          "could not access the server configuration",
        ) > 1,
    );
    await rename(aside ?? "", settings ?? "");
    await until(
      async () => (await postmasterOf(dataDir)) !== postmaster && (await knowsToken(url).catch(() => false)),
      { everyMs: 100 },
    );
    const said = serving.stdout + serving.stderr;
    for (const line of ["has stopped; starting it again", "did not start: ", "database runs again"])
      expect(occurrences(said, line), line).toBe(1);
    expect(occurrences(said, "the engine could not reach the database")).toBeLessThan(2);
    expect(await serving.stop()).toBe(0);
  },
);

test.concurrent(
  "a stop during the restart of a killed database ends Bellwire and the database",
  { timeout },
  async () => {
    await using folder = await makeDataDir();
    const dataDir = folder.path;
    await using serving = serve(dataDir, inOneProcess);
    await serving.ready();
    const broken = (await postmasterOf(dataDir)) ?? 0;
    process.kill(broken, "SIGKILL");
    const again = await until(async () => {
      const pid = await postmasterOf(dataDir);
      return pid !== undefined && pid !== broken && pid;
    });
    expect(await serving.stop()).toBe(0);
    expect(isAlive(again)).toBe(false);
  },
);

test.concurrent("Ctrl-C ends a start that waits for another process to start the database", { timeout }, async () => {
  await using folder = await makeDataDir();
  const lock = (work: () => Promise<void>) => withFileLock(join(folder.path, "lock"), () => undefined, work);
  await lock(async () => {
    await using starting = serve(folder.path);
    await until(() => starting.stdout.includes("another process is starting or stopping the database"));
    expect(await starting.stop("SIGINT")).toBe(0);
    expect([starting.stdout.match(/^stopped$/gm), starting.stderr]).toEqual([["stopped"], ""]);
  });
});

test.concurrent("Ctrl-C ends a command that waits for another process to start the database", { timeout }, async () => {
  await using folder = await makeDataDir();
  await withFileLock(
    join(folder.path, "lock"),
    () => undefined,
    async () => {
      await using command = new BellwireProcess(["failures", "list"], { BELLWIRE_DATA_DIR: folder.path });
      await until(() => command.stderr.includes("another process is starting or stopping the database"));
      command.signal("SIGINT");
      expect([await command.ended, command.stdout, command.stderr.trim().split("\n").length]).toEqual([
        "SIGINT",
        "",
        1,
      ]);
    },
  );
});

test.concurrent("Ctrl-C of a command logs no lost connection", { timeout }, async () => {
  await using folder = await makeDataDir();
  await using serving = serve(folder.path, inOneProcess);
  await serving.ready();
  serving.signal("SIGKILL"); // the database runs on
  await serving.ended;
  const passwords = await readFile(join(folder.path, "database-passwords"), "utf8");
  const password = /^owner (\w+)$/m.exec(passwords)?.[1];
  const host = encodeURIComponent(join(folder.path, "socket"));
  const other = new pg.Client(`postgresql://bellwire_owner:${password}@localhost:5432/bellwire?host=${host}`);
  other.on("error", () => undefined); // an `end` event follows
  const { promise: disconnected, resolve } = Promise.withResolvers<void>();
  other.once("end", resolve);
  await other.connect();
  await other.query("begin; lock table bellwire_directory.cells");
  await using command = new BellwireProcess(["cell", "add", "west"], { BELLWIRE_DATA_DIR: folder.path });
  await until(async () => (await other.query("select from pg_locks where not granted")).rowCount === 1);
  await other.query("select pg_advisory_lock(hashtextextended('bellwire migrations', 0)); commit");
  const waiting = "another process checks or migrates the database; waiting for it\n";
  await until(() => command.stderr === waiting); // its first connection is idle
  const checkpointer = await checkpointerOf((await postmasterOf(folder.path)) ?? 0);
  process.kill(checkpointer, "SIGSTOP"); // keeps the server stopping, and the command alive
  command.signal("SIGINT");
  await disconnected;
  await using later = new BellwireProcess(["--version"], {}); // takes longer than lines are buffered
  await later.ended;
  process.kill(checkpointer, "SIGCONT");
  expect([await command.ended, command.stdout, command.stderr]).toEqual(["SIGINT", "", waiting]);
  expect(await postmasterOf(folder.path)).toBeUndefined();
});

test.concurrent("repeated Ctrl-C exits with 0 and leaves no database running", { timeout }, async () => {
  await using folder = await makeDataDir();
  const dataDir = folder.path;
  await using serving = serve(dataDir);
  await serving.ready();
  const postmaster = (await postmasterOf(dataDir)) ?? 0;
  serving.signal("SIGINT");
  serving.signal("SIGINT");
  expect(await serving.ended).toBe(0);
  expect(isAlive(postmaster)).toBe(false);
  expect(serving.stdout.match(/^stopping/gm)).toHaveLength(1);
  expect(serving.stderr).not.toContain("database connection lost"); // the database is not in the signalled group
});

/** Interrupts a command once its database has a state. Returns the database's process, or nothing if the command was quicker. */
async function interruptCommand(dataDir: string, state: "starting" | "ready"): Promise<number | undefined> {
  await using command = new BellwireProcess(["failures", "list"], { BELLWIRE_DATA_DIR: dataDir });
  const hasState = async (): Promise<boolean> =>
    (await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8").catch(() => "")).includes(state);
  const postmaster = await until(async () => ((await hasState()) && (await postmasterOf(dataDir))) || command.hasEnded);
  if (postmaster === true || command.hasEnded) return undefined;
  process.kill(command.pid, "SIGINT");
  await command.ended;
  return postmaster;
}

test.concurrent.for(["starting", "ready"] as const)(
  "Ctrl-C of a command whose database is %s leaves no database running",
  { timeout },
  async (state) => {
    await using folder = await makeDataDir();
    const postmaster = await until(() => interruptCommand(folder.path, state));
    expect(isAlive(postmaster)).toBe(false);
  },
);

/**
 * Interrupts a command while it stops the database: the process that writes the last checkpoint, for which the postmaster waits, is
 * stopped. Returns how the command ended, and its output.
 */
async function interruptAtItsEnd(...args: string[]) {
  await using folder = await makeDataDir();
  await using serving = serve(folder.path, inOneProcess);
  await serving.ready();
  const postmaster = (await postmasterOf(folder.path)) ?? 0;
  serving.signal("SIGKILL");
  await serving.ended;
  const checkpointer = await checkpointerOf(postmaster);
  process.kill(checkpointer, "SIGSTOP");
  try {
    await using command = new BellwireProcess(args, { BELLWIRE_DATA_DIR: folder.path });
    await until(async () => /^stopping/m.test(await readFile(join(folder.path, "postgres", "postmaster.pid"), "utf8")));
    command.signal("SIGINT");
    process.kill(checkpointer, "SIGCONT");
    return { end: await command.ended, stdout: command.stdout, leavesDatabase: isAlive(postmaster) };
  } finally {
    kill(checkpointer, "SIGCONT");
  }
}

test.concurrent(
  "Ctrl-C while a command stops the database ends the command after the database",
  { timeout },
  async () => {
    expect(await interruptAtItsEnd("failures", "list")).toEqual({ end: "SIGINT", stdout: "", leavesDatabase: false });
  },
);

test.concurrent("Ctrl-C while a command stops the database loses no credentials", { timeout }, async () => {
  const { end, stdout } = await interruptAtItsEnd("provider", "create", "--name", "Two", "--subdomain", "two");
  expect([end, stdout]).toEqual(["SIGINT", expect.stringMatching(/^access token +\w{96}\nprovider key +\w{32}$/m)]);
  expect(await interruptAtItsEnd("token", "create", "--username", "admin")).toMatchObject({
    end: "SIGINT",
    stdout: expect.stringMatching(/^\w{96}\n$/),
  });
});

/** Returns the process of a server that writes its checkpoints. */
async function checkpointerOf(postmaster: number): Promise<number> {
  for (const pid of await familyOf(postmaster)) {
    if ((await readFile(`/proc/${pid}/cmdline`, "latin1")).includes("checkpointer")) return pid;
  }
  throw new Error(`The server ${postmaster} has no checkpointer.`);
}

test.concurrent(
  "a stop during the first start exits with 0, and the next start completes the set-up",
  { timeout },
  async () => {
    await using folder = await makeEmptyDataDir();
    const dataDir = folder.path;
    await using interrupted = serve(dataDir);
    await until(() => interrupted.stdout.includes("making a new database"));
    expect(await interrupted.stop()).toBe(0);
    expect(interrupted.stdout).not.toContain("bellwire ready");
    expect((await readdir(dataDir)).filter((name) => name.includes("draft"))).toEqual([]);

    await using next = serve(dataDir, inOneProcess);
    await next.ready();
    await until(() => next.stdout.includes("Sign up"));
    expect(await next.stop()).toBe(0);
  },
);
