import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import vectors from "../test-vectors/signatures.json" with { type: "json" };

const run = promisify(execFile);
const receiver = fileURLToPath(new URL("..", import.meta.url));
const binaries = fileURLToPath(new URL("../../node_modules/.bin", import.meta.url));

/** A clean environment without the npm that runs the tests, but with the repository's Node and tsc. */
const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith("npm_"))),
  PATH: `${binaries}${delimiter}${process.env["PATH"]}`,
};

let folder: string;
let packed: { filename: string; files: { path: string }[] } | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellwire-receiver-"));
  const { stdout } = await run("npm", ["pack", "--json", "--silent", "--pack-destination", folder], {
    cwd: receiver,
    env: environment,
  });
  [packed] = JSON.parse(stdout);
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const install = ["install", "--offline", "--no-audit", "--no-fund", `./${packed?.filename}`];
  await run("npm", install, { cwd: folder, env: environment });
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

const runInstalled = async (file: string, text: string, ...command: readonly string[]): Promise<string> => {
  await writeFile(join(folder, file), text);
  const [program = process.execPath, ...more] = command;
  return (await run(program, [...more, file], { cwd: folder, env: environment })).stdout;
};

test("the package contains JavaScript, types and test vectors, but no tests", () => {
  const files = packed?.files.map(({ path }) => path) ?? [];
  expect(files).toEqual(expect.arrayContaining(["README.md", "dist/index.js", "dist/index.d.ts", "package.json"]));
  expect(files.filter((path) => /(?<!\.d)\.ts$|test\.|^examples/.test(path))).toEqual([]);
});

test("a JavaScript program verifies and reads with the installed package", async () => {
  const program = `
    import { readEvent, textOf, verifyWebhook } from "@bellwire/receiver";
    import vectors from "@bellwire/receiver/test-vectors.json" with { type: "json" };
    const verdicts = vectors.map((vector) =>
      verifyWebhook({ ...vector, body: Buffer.from(vector.body), now: new Date(Number(vector.timestamp) * 1000) }));
    const { object } = readEvent("<event><action>created</action><type>user</type><object><user><id>21</id></user></object></event>");
    console.log(JSON.stringify({ trusted: verdicts.filter(({ trusted }) => trusted).length, id: textOf(object, "id") }));`;
  expect(JSON.parse(await runInstalled("program.js", program))).toEqual({ trusted: vectors.length, id: "21" });
});

test("a TypeScript program uses the installed types", async () => {
  const program = `
    import { readEvent, readHeaders, verifyWebhook, type Verdict } from "@bellwire/receiver";
    export const verdict: Verdict = verifyWebhook({ id: "", timestamp: "", signature: "", body: new Uint8Array(), secrets: [] });
    export const action: string = readEvent("").action;
    export const sequence: number | undefined = readHeaders({})?.sequence;
    // @ts-expect-error: proves that the types are found
    export const wrong: number = readEvent("").object;`;
  expect(await runInstalled("program.ts", program, "tsc", "--noEmit", "--strict", "--module", "nodenext")).toBe("");
});
