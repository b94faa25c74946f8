import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { copyFile, mkdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { delimiter, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { openEmbeddedPostgres } from "#platform/embedded-postgres/open-embedded-postgres.ts";
import { queryOnce } from "../cells/installation.ts";
import { makeDataDir } from "../support/data-dir.ts";
import { makeEmptyDataDir } from "../support/empty-data-dir.ts";
import { until } from "../support/until.ts";

const timeout = 120_000;
const root = fileURLToPath(new URL("../../../", import.meta.url));
const program = join(root, "server/bin/bellwire");
const bundled = join(root, "node_modules/.bin/node");

/** Returns a Node.js on the PATH that is too old for the product. */
function findOldNode(): string | undefined {
  const candidates = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "node"));
  return candidates.find(
    (node) => existsSync(node) && /^v(?:1[89]|2[0-5])\./.test(execFileSync(node, ["-v"]).toString()),
  );
}

test("an old Node.js exits with 1 and one sentence that names the right version", (context) => {
  const old = findOldNode();
  if (old === undefined) return context.skip("no Node.js from 18 to 25 is on the PATH");
  const { status, stdout, stderr } = spawnSync(old, [program, "serve"], { encoding: "utf8" });
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(
    /^bellwire needs Node\.js 26 or newer, and this is \d+\.\d+\.\d+\. Use the one that npm installed: (\S+) (\S+) COMMAND\n$/,
  );
  expect(stderr).toContain(`${bundled} ${program}`);
});

test.for([
  ["a clone", "server/src", "Run npm ci, which installs one, and then: npm start"],
  ["the package", "server/dist", "Install one, or install Bellwire without --omit=optional, which brings one"],
] as const)("without another Node.js, an old one in %s says how to get it", async ([, folder, remedy], context) => {
  const old = findOldNode();
  if (old === undefined) return context.skip("no Node.js from 18 to 25 is on the PATH");
  await using place = await makeEmptyDataDir();
  const launcher = join(place.path, "server/bin/bellwire");
  for (const each of ["server/bin", folder]) await mkdir(join(place.path, each), { recursive: true });
  await writeFile(join(place.path, folder, "main.ts"), "");
  await copyFile(program, launcher);
  const { status, stderr } = spawnSync(old, [launcher, "serve"], { encoding: "utf8" });
  expect([status, stderr.replace(/^.*\d\. /, "")]).toEqual([1, `${remedy}\n`]);
});

test("a process takes the compiled code that Node.js brings of its own modules", () => {
  const env = { NODE_DEBUG_NATIVE: "CODE_CACHE" }; // by which Node.js prints the fate of each module's code
  const { status, stderr } = spawnSync(process.execPath, [program, "help"], { env, encoding: "utf8" });
  expect(status).toBe(0);
  expect(stderr).toContain(" is accepted");
  expect(stderr).not.toContain(" is rejected");
});

test("a process keeps its compiled code while it runs, since a crash leaves it no time", async () => {
  await using place = await makeEmptyDataDir();
  const at = (path: string): string => join(place.path, path);
  for (const folder of ["server/bin", "server/dist"]) await mkdir(at(folder), { recursive: true });
  for (const file of ["bellwire", "program.js"])
    await copyFile(join(root, "server/bin", file), at(`server/bin/${file}`));
  await writeFile(at("server/package.json"), `{ "type": "module" }`);
  await writeFile(at("server/dist/main.js"), "setInterval(() => undefined, 1000);\n");
  const server = spawn(process.execPath, [at("server/bin/bellwire"), "serve"], { env: {}, stdio: "inherit" });
  try {
    const kept = (): number => globSync(at("node_modules/.cache/bellwire/*/*")).length;
    expect(await until(() => kept() === 2)).toBe(true); // the two files that the launcher imports
  } finally {
    server.kill("SIGKILL");
  }
});

/** Returns the file that the launcher of a clone would run. */
async function programIn(clone: string): Promise<string> {
  const { programUrl } = await import(pathToFileURL(join(clone, "server/bin/program.js")).href);
  return relative(clone, fileURLToPath(programUrl("main.ts")));
}

test("the bundle runs as long as it is made of the present sources", async () => {
  await using clone = await makeDataDir();
  const at = (path: string): string => join(clone.path, path);
  for (const folder of ["server/bin", "server/src/app", "server/dist"]) await mkdir(at(folder), { recursive: true });
  await copyFile(join(root, "server/bin/program.js"), at("server/bin/program.js"));
  for (const path of ["package-lock.json", "server/src/main.ts", "server/src/app/other.ts", "server/dist/main.js"])
    await writeFile(at(path), "");
  expect(await programIn(clone.path)).toBe("server/src/main.ts"); // a bundle without a stamp is not complete
  const { stampOfSources } = await import(pathToFileURL(at("server/bin/program.js")).href);
  await writeFile(at("server/dist/sources"), stampOfSources());
  expect(await programIn(clone.path)).toBe("server/dist/main.js");

  const past = new Date("2020-01-01T00:00:00Z");
  const changes: readonly (() => Promise<void>)[] = [
    () => writeFile(at("server/src/app/new.ts"), ""),
    () => rm(at("server/src/app/other.ts")),
    () => writeFile(at("server/src/main.ts"), " "),
    () => utimes(at("server/src/main.ts"), past, past),
    () => utimes(at("package-lock.json"), past, past),
    () => symlink("nowhere", at("server/src/.#main.ts")), // as editors mark a file that they change
  ];
  for (const change of changes) {
    await writeFile(at("server/dist/sources"), stampOfSources());
    expect(await programIn(clone.path)).toBe("server/dist/main.js");
    await change();
    expect(await programIn(clone.path)).toBe("server/src/main.ts");
  }
  await rm(at("server/src"), { recursive: true }); // as in the package
  expect(await programIn(clone.path)).toBe("server/dist/main.js");
});

test("the bundle keeps calls that are made only because they may throw", async () => {
  await using clone = await makeDataDir();
  const at = (path: string): string => join(clone.path, path);
  for (const folder of ["scripts", "server/bin", "server/src/app"]) await mkdir(at(folder), { recursive: true });
  for (const path of ["scripts/bundle-program.js", "server/bin/program.js"]) await copyFile(join(root, path), at(path));
  await symlink(join(root, "node_modules"), at("node_modules"));
  await writeFile(at("server/src/app/engine-process.ts"), "");
  await writeFile(at("server/src/main.ts"), 'try { decodeURIComponent("%"); } catch { console.log("refused"); }');
  execFileSync(process.execPath, [at("scripts/bundle-program.js")]);
  expect(execFileSync(process.execPath, [at("server/dist/main.js")]).toString()).toBe("refused\n");
});

// A developer's edits make it outdated.
test.skipIf(process.env["CI"] === undefined)("npm ci leaves a bundle of the present sources", async () => {
  expect(await programIn(root)).toBe("server/dist/main.js");
});

/** The runbook's systemd command line, in this checkout. */
async function documentedCommand(): Promise<readonly string[]> {
  const runbook = await readFile(join(root, "docs/runbooks/run-as-a-service.md"), "utf8");
  const [, folder = "", command = ""] = /^WorkingDirectory=(.*)\nExecStart=(.*)$/m.exec(runbook) ?? [];
  return command.replace(`${folder}/`, root).split(" ");
}

test(
  "the documented command runs as process 1 of a container, and exits with 0 on SIGTERM",
  { timeout },
  async (context) => {
    const isolate = ["--pid", "--fork", "--mount-proc", "--kill-child"];
    if (spawnSync("unshare", [...isolate, "true"]).status !== 0) {
      return context.skip("a namespace of our own may not be made here");
    }
    await using folder = await makeDataDir();
    const command = await documentedCommand();
    const container = spawn("unshare", [...isolate, ...command], {
      cwd: root,
      env: { PATH: process.env["PATH"], PORT: "0", BELLWIRE_DATA_DIR: folder.path },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    container.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const ended = new Promise((resolve) => container.on("exit", (code, signal) => resolve(code ?? signal)));
    await until(() => output.includes("bellwire ready"), { withinMs: 60_000 });
    const first = Number(execFileSync("pgrep", ["-P", String(container.pid)]).toString());
    expect(await readFile(`/proc/${first}/status`, "utf8")).toMatch(/^NSpid:\s+\d+\s+1$/m);
    process.kill(first, "SIGTERM");
    expect(await ended).toBe(0);
    expect(output).toMatch(/stopped\n$/);
  },
);

/** Runs a command of Bellwire below another program. Returns undefined if that program may not do this here. */
function runBelow([file = "", ...args]: readonly string[], dataDir: string): string | undefined {
  if (spawnSync(file, [...args, "true"]).status !== 0) return undefined;
  const command = [...args, process.execPath, program, "provider", "list"];
  const env = { PATH: process.env["PATH"], BELLWIRE_DATA_DIR: dataDir };
  const limits = { timeout, killSignal: "SIGKILL" } as const;
  const { stdout, stderr } = spawnSync(file, command, { env, encoding: "utf8", ...limits });
  return stdout + stderr;
}

test("root starts the database in a container without the right to look into processes", async (context) => {
  if (process.getuid?.() !== 0) return context.skip("only root runs PostgreSQL as another user");
  await using folder = await makeDataDir();
  const output = runBelow(["setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"], folder.path);
  if (output === undefined) return context.skip("rights may not be dropped here");
  expect(output).toMatch(/^SUBDOMAIN/);
});

test("a data directory whose database runs in another container is refused, and that one continues", async (context) => {
  await using folder = await makeDataDir();
  await using postgres = await openEmbeddedPostgres(folder.path, () => undefined);
  const output = runBelow(["unshare", "--pid", "--ipc", "--fork", "--mount-proc", "--kill-child"], folder.path);
  if (output === undefined) return context.skip("a namespace of our own may not be made here");
  expect(output).toMatch(/^bellwire: A PostgreSQL in another container uses .*: two would destroy the data\./);
  expect(await queryOnce(postgres.ownerUrl, "select 1 as here")).toEqual([{ here: 1 }]);
});
