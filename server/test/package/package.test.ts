import { execFile, spawn } from "node:child_process";
import { chmod, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startThrowAwayPostgres } from "../support/throw-away-postgres.ts";
import { until } from "../support/until.ts";
import { type Packed, packInto } from "./pack.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../../", import.meta.url));
const timeout = 300_000;
const megabyte = 1_000_000;
const downloadMax = 160 * megabyte;
const imageMax = 200 * megabyte;
/** The distroless base of the image: its C library, its certificates, its time zones. */
const baseBytes = 25 * megabyte;

let folder = "";
let packed: Packed = { bellwire: "", receiver: "" };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellwire-package-"));
  await chmod(folder, 0o755); // readable by the image's user
  packed = await packInto(folder);
}, timeout);

afterAll(async () => {
  // The image's files are read-only; its owner may delete them all the same.
  await rm(folder, { recursive: true, force: true });
});

/** The sizes of all files below a folder, in bytes. */
async function bytesBelow(path: string): Promise<number> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(file.parentPath, file.name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

interface Started extends AsyncDisposable {
  readonly url: string;
  readonly output: () => string;
}

type StartOptions = Parameters<typeof spawn>[2];

/** Starts a program, waits for the ready line, and stops the program with SIGTERM on disposal. */
async function start(program: string, args: readonly string[], options: StartOptions): Promise<Started> {
  const child = spawn(program, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const ready = /^bellwire ready (\S+)/m;
  await until(() => ready.test(output) || child.exitCode !== null, { withinMs: 120_000 });
  const url = ready.exec(output)?.[1];
  if (url === undefined) throw new Error(`The program is not ready:\n${output}`);
  return {
    url,
    output: () => output,
    async [Symbol.asyncDispose]() {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGTERM");
      await ended;
    },
  };
}

test("the packages contain only runtime files, without sources and tests", { timeout }, async () => {
  const { stdout } = await run("tar", ["-tzf", packed.bellwire]);
  const files = stdout.trim().split("\n");
  expect(files).toContain("package/web/dist/index.html");
  expect(files).toContain("package/npm-shrinkwrap.json");
  expect(files.filter((file) => /\.ts$|\.test\.|\/test\/|node_modules/.test(file))).toEqual([]);
  const { stdout: ofReceiver } = await run("tar", ["-tzf", packed.receiver]);
  expect(ofReceiver).toContain("package/package.json");
});

test(
  "npm i and npx bellwire start everything in an empty folder, with at most 160 MB of downloads",
  { timeout },
  async () => {
    const place = join(folder, "empty");
    const cache = join(folder, "cache");
    await run("mkdir", [place]);
    await run("npm", ["i", "--cache", cache, packed.bellwire], { cwd: place });
    expect(await bytesBelow(cache)).toBeLessThan(downloadMax);
    const installed = (await readdir(join(place, "node_modules"))).filter((name) =>
      ["vite", "rolldown", "playwright-core", "@patternfly", "@sparticuz", "typescript", "vitest"].includes(name),
    );
    expect(installed).toEqual([]);

    const path = [dirname(process.execPath), process.env["PATH"]].join(delimiter);
    await using bellwire = await start("npx", ["bellwire"], {
      cwd: place,
      env: { PATH: path, HOME: place, PORT: "0" },
    });
    const page = await fetch(new URL("/p/admin/", bellwire.url));
    expect([page.status, bellwire.output()]).toEqual([200, expect.not.stringContaining("building the Admin Portal")]);
  },
);

test("the image's files run as any user on a read-only tree, within 200 MB", { timeout }, async (context) => {
  if (process.getuid?.() !== 0) return context.skip("only root may start a process as another user");
  const image = join(folder, "image");
  const path = [dirname(process.execPath), process.env["PATH"]].join(delimiter);
  await run(join(root, "deploy/image/file-set.sh"), [packed.bellwire, image], {
    env: { ...process.env, PATH: path },
  });
  expect((await bytesBelow(image)) + baseBytes).toBeLessThan(imageMax);
  await run("chmod", ["-R", "a-w", image]);

  await using postgres = await startThrowAwayPostgres();
  // The image's user connects through the socket.
  await chmod(postgres.place.folder, 0o711);
  await chmod(postgres.socketPath, 0o777);
  const program = join(image, "node_modules/bellwire/server/bin/bellwire");
  const options = {
    cwd: "/",
    uid: 12_345,
    gid: 12_345,
    env: {
      DATABASE_URL: postgres.urlOf("postgres"),
      BELLWIRE_SECRET_KEY: Buffer.alloc(32, 5).toString("base64"),
      PORT: "0",
    },
  };
  // Random credentials of the first provider would be lost, so the start is refused with an explanation.
  await expect(start(join(image, "node"), [program], options)).rejects.toThrow(
    /Set BELLWIRE_ADMIN_PASSWORD, BELLWIRE_ACCESS_TOKEN/,
  );
  const credentials = {
    BELLWIRE_ADMIN_PASSWORD: "correct horse battery",
    BELLWIRE_ACCESS_TOKEN: "b".repeat(96),
    BELLWIRE_PROVIDER_KEY: "c".repeat(32),
  };
  await using bellwire = await start(join(image, "node"), [program], {
    ...options,
    env: { ...options.env, ...credentials },
  });
  expect((await fetch(new URL("/readyz", bellwire.url))).status).toBe(200);
  expect((await fetch(new URL("/p/admin/", bellwire.url))).status).toBe(200);
  expect(bellwire.output()).not.toMatch(/EACCES|EROFS|EPERM/);
});
