import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { until } from "../../test/support/until.ts";
import { LineBuffer, createLineLogger, limitRepetitions, redactSecrets } from "./logger.ts";

const program = `
  import { createLogger } from ${JSON.stringify(new URL("logger.ts", import.meta.url).href)};
  const log = createLogger("info");
  const error = Object.assign(new Error("duplicate key"), { code: "23505", detail: "Key (email)=(canary) already exists." });
  log.info({ status: 200, password: "canary", request: { authorization: "canary", headers: { cookie: "canary" } } }, "request answered");
  log.error({ err: new AggregateError([error, error], "some failed") }, "bug");
  log.warn({ error }, "again");
  log.debug({}, "not worth it");
`;

test("log lines are JSON on stderr, without secrets and without the values in PostgreSQL's error details", () => {
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    encoding: "utf8",
  });
  expect(stdout).toBe("");
  expect(stderr).not.toContain("canary");
  const lines: unknown[] = stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatchObject({ level: 30, status: 200, msg: "request answered" });
  expect(lines[1]).toMatchObject({ level: 50, err: { message: "some failed: duplicate key" } });
  expect(lines[2]).toMatchObject({ level: 40, error: { message: "duplicate key", code: "23505" } });
});

const floodProgram = `
  import { createLogger } from ${JSON.stringify(new URL("logger.ts", import.meta.url).href)};
  const log = createLogger("info");
  for (let index = 0; index < 5000; index += 1) log.info({ filler: "x".repeat(1000) }, "before");
  process.stdout.write("goes on\\n");
  process.stdin.once("end", () => {
    const waiting = setInterval(() => {
      if (process.stderr.writableLength > 0) return;
      clearInterval(waiting);
      log.info({}, "after");
      setTimeout(() => undefined, 300); // its line is written before the process ends
    }, 10);
  }).resume();
`;

test("a process with an unread log keeps running, and later logs the number of dropped lines", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", floodProgram], { stdio: "pipe" });
  await new Promise((resolve) => child.stdout.once("data", resolve)); // a process that blocks on its log never writes this
  const read = text(child.stderr);
  child.stdin.end();
  const lines: { msg: string; dropped?: number }[] = (await read)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const before = lines.filter(({ msg }) => msg === "before").length;
  const dropped = lines.find(({ msg }) => msg.startsWith("log lines dropped"))?.dropped ?? 0;
  expect(before).toBeLessThan(5000);
  expect(before + dropped).toBe(5000);
  expect(lines.at(-1)).toMatchObject({ msg: "after" });
});

const manyProgram = `
  import { createLogger } from ${JSON.stringify(new URL("logger.ts", import.meta.url).href)};
  const logs = Array.from({ length: 20 }, () => createLogger("info"));
  logs.at(-1).info({}, "last line");
  process.exit();
`;

test("20 loggers cause no listener warning, and buffered lines are written at exit", () => {
  const { stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", manyProgram], { encoding: "utf8" });
  expect(stderr).not.toContain("MaxListenersExceededWarning");
  expect(stderr).toContain('"msg":"last line"');
});

test("a nested secret is hidden in the log fields, and the original object keeps its value", () => {
  const fields = { status: 200, password: "x", request: { headers: { cookie: "x", accept: "*/*" } } };
  expect(redactSecrets(fields)).toEqual({
    status: 200,
    password: "[hidden]",
    request: { headers: { cookie: "[hidden]", accept: "*/*" } },
  });
  expect(fields.password).toBe("x");
});

test("fields without secrets are not copied", () => {
  const fields = { status: 200, request: { method: "GET" }, at: new Date(0), none: null };
  expect(redactSecrets(fields)).toBe(fields);
});

test("lines are written in batches, in order and once each", () => {
  const written: string[] = [];
  const lines = new LineBuffer({ write: (line: string) => written.push(line) });
  for (let line = 0; line < 120; line += 1) lines.write(`${line}\n`);
  expect(written).toHaveLength(2);
  lines.flush();
  lines.flush();
  expect(written).toHaveLength(3);
  expect(written.join("")).toBe(Array.from({ length: 120 }, (_, line) => `${line}\n`).join(""));
});

test("the fast line logger writes the same bytes as pino at the same levels, without secrets", () => {
  const written: string[] = [];
  const lines = new LineBuffer({ write: (line: string) => written.push(line) });
  const log = pino({ base: { pid: process.pid }, formatters: { log: redactSecrets } }, lines).child({ cell: "two" });
  const logLine = createLineLogger(log, "said");
  const fields = {
    status: 200,
    url: 'a "b" \\ \u0001',
    traceId: undefined,
    token: "canary",
    headers: { cookie: "canary" },
  };
  log.info(fields, "said");
  logLine(fields);
  log.level = "warn";
  logLine(fields);
  lines.flush();
  const [usual, frequent, ...more] = written
    .join("")
    .replaceAll(/"time":\d+/g, "")
    .trimEnd()
    .split("\n");
  expect(frequent).toBe(usual);
  expect(frequent).not.toContain("canary");
  expect(more).toEqual([]);
});

const terminalProgram = `
  import { createLogger } from ${JSON.stringify(new URL("logger.ts", import.meta.url).href)};
  createLogger("info").info({ status: 200, password: "canary" }, "request answered");
`;

test("a terminal shows readable lines without secrets", (context) => {
  const command = shellCommand([process.execPath, "--input-type=module", "--eval", terminalProgram]);
  const { status, stdout } = spawnSync("script", ["-qec", command, "/dev/null"], { encoding: "utf8" });
  if (status === null) return context.skip("script, which opens a terminal, is not installed");
  // oxlint-disable-next-line no-control-regex -- the colours of a terminal
  const line = stdout.replaceAll(/\u001b\[\d+m/g, "");
  expect(line).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: request answered \{.*"status":200.*\}\s*$/);
  expect(line).not.toContain("canary");
});

const shellCommand = (words: readonly string[]): string =>
  words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");

const orphanProgram = `
  import { writeSync } from "node:fs";
  import { createLogger } from ${JSON.stringify(new URL("logger.ts", import.meta.url).href)};
  const log = createLogger("info");
  process.stdout.write("begun");
  const trying = setInterval(() => {
    try {
      writeSync(2, " ");
    } catch (error) {
      clearInterval(trying);
      for (let index = 0; index < 1000; index += 1) log.info({}, "to nobody"); // more than the logger buffers
      process.stdout.write(" " + error.code + " survived");
    }
  }, 5);
`;

test("a process whose terminal was closed keeps running", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "bellwire-log-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const output = join(folder, "output");
  // Of another session, as after `disown`: the terminal's hang-up does not end it.
  const words = ["setsid", "--wait", process.execPath, "--input-type=module", "--eval", orphanProgram];
  const command = `${shellCommand(words)} >${shellCommand([output])}`;
  const terminal = spawn("script", ["-qec", command, "/dev/null"], { stdio: "ignore" });
  const isMissing = await new Promise((resolve) => terminal.on("error", resolve).on("spawn", () => resolve(undefined)));
  if (isMissing) return context.skip("script, which opens a terminal, is not installed");
  const written = (): Promise<string> => readFile(output, "utf8").catch(() => "");
  await until(async () => (await written()) === "begun");
  terminal.kill("SIGKILL");
  expect(await until(async () => /(?<=begun).+/.exec(await written())?.[0])).toBe(" EIO survived");
});

const fullDiskProgram = `
  import { createLogger } from ${JSON.stringify(new URL("logger.ts", import.meta.url).href)};
  import { ftruncateSync } from "node:fs";
  const log = createLogger("info");
  for (let index = 0; index < 500; index += 1) log.info({ filler: "x".repeat(1000) }, "before");
  setTimeout(() => {
    ftruncateSync(2);
    log.info({}, "after");
  }, 200);
`;

test("a process whose log's disk is full keeps running, and later logs the number of dropped lines", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bellwire-log-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "log");
  // The limit of a file's size refuses writes as a full disk does.
  const script = 'log=$1; shift; ulimit -f 64; exec "$@" 2>>"$log"';
  const command = [process.execPath, "--input-type=module", "--eval", fullDiskProgram];
  expect(spawnSync("sh", ["-c", script, "sh", path, ...command]).status).toBe(0);
  const lines = (await readFile(path, "utf8")).trim().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { dropped: expect.any(Number), msg: "log lines dropped: the disk was full" },
    { msg: "after" },
  ]);
});

test("a warning is logged at once, its repetitions once a minute with their number, and the next episode at once", () => {
  const lines: unknown[] = [];
  let nowMs = 0;
  const warn = limitRepetitions({ warn: (...line) => lines.push(line) }, { monotonicMs: () => nowMs });
  for (; nowMs < 120_000; nowMs += 200) warn({ nowMs }, "the database is away");
  warn({}, "something else");
  nowMs += 20_000;
  warn({ nowMs }, "the database is away");
  expect(lines).toEqual([
    [{ nowMs: 0 }, "the database is away"],
    [{ nowMs: 60_000, repetitions: 299 }, "the database is away"],
    [{}, "something else"],
    [{ nowMs: 140_000, repetitions: 299 }, "the database is away"],
  ]);
});
