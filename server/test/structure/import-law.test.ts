import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Layer, layers, mayImport } from "../../../import-law.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const openLayers = new Set<Layer>(["platform", "http-shared"]);
/** One folder of the layer; `one` chooses it where the layer's pattern is a star, else it is the first that is named. */
const folderOf = (name: Layer, one = "one"): string => {
  const folder = layers.find((layer) => layer.name === name)?.folder ?? "";
  return folder.replace("*", one).replace(/\{([^,]+),.*\}/, one === "two" ? "users" : "$1");
};

let scratch: string;
let refused: ReadonlySet<string>;

// Every layer imports every other, through its index.ts and past it. One run of the linter checks them all.
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "bellwire-law-"));
  for (const file of ["oxlint.config.ts", "import-law.ts", "server/tsconfig.json", "server/package.json"]) {
    await cp(join(root, file), join(scratch, file));
  }
  await symlink(join(root, "node_modules"), join(scratch, "node_modules"));
  await writeFile(join(scratch, ".gitignore"), "node_modules\n");
  for (const { name } of layers) {
    for (const file of ["index", "inner"]) await write(`${folderOf(name)}/${file}.ts`, "export const thing = 1;\n");
    for (const to of layers) {
      for (const file of ["index", "inner"]) await writeImport(name, to.name, file);
    }
  }
  await writeImport("http", "http", "index", "two");
  await writeImport("accounts", "accounts", "inner", "two");
  refused = await refusedFiles();
}, 240_000); // the linter takes some seconds, and a busy machine many

afterAll(() => rm(scratch, { recursive: true, force: true }));

test.for(layers.map(({ name }) => name))("%s may import exactly the layers that the law allows", (from) => {
  const allowed = layers.filter(({ name }) => name !== from && isAllowed(from, name)).map(({ name }) => name);
  expect(allowed).toEqual(mayImport(from));
});

test.for<[Layer, Layer]>([
  ["accounts", "deliveries"],
  ["deliveries", "engine"],
  ["products", "accounts"],
  ["events", "endpoints"],
  ["events", "accounts"],
  ["platform", "access"],
  ["request-bin", "endpoints"],
  ["engine", "http"],
  ["cli", "app"],
])("%s does not import %s", ([from, to]) => {
  expect(isAllowed(from, to)).toBe(false);
});

test("no layer imports past another layer's index.ts, except where every file may be imported", () => {
  const entered = layers.flatMap(({ name: from }) =>
    layers
      .filter(({ name: to }) => to !== from && !refused.has(importFile(from, to, "inner")))
      .map(({ name: to }) => to),
  );
  expect(new Set(entered)).toEqual(openLayers);
});

test("no interface of http imports another", () => {
  expect(refused).toContain(importFile("http", "http", "index", "two"));
});

test("the folders of accounts may use each other", () => {
  expect(refused).not.toContain(importFile("accounts", "accounts", "inner", "two"));
});

function isAllowed(from: Layer, to: Layer): boolean {
  return !refused.has(importFile(from, to, "index"));
}

function importFile(from: Layer, to: Layer, file: string, one?: string): string {
  return `${folderOf(from)}/from-${to}-${one ?? "one"}-${file}.ts`;
}

async function writeImport(from: Layer, to: Layer, file: string, one?: string): Promise<void> {
  const target = `#${folderOf(to, one).replace("server/src/", "")}/${file}.ts`;
  if (one !== undefined) await write(`${folderOf(to, one)}/${file}.ts`, "export const thing = 1;\n");
  await write(importFile(from, to, file, one), `export { thing } from "${target}";\n`);
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(scratch, path)), { recursive: true });
  await writeFile(join(scratch, path), text);
}

async function refusedFiles(): Promise<Set<string>> {
  const output = await new Promise<string>((resolve) => {
    const program = join(root, "node_modules/.bin/oxlint");
    execFile(program, ["--format=json"], { cwd: scratch, maxBuffer: 2 ** 26 }, (_, stdout) => resolve(stdout));
  });
  const { diagnostics }: { diagnostics: { code: string; filename: string }[] } = JSON.parse(output);
  return new Set(diagnostics.filter(({ code }) => code.startsWith("boundaries")).map(({ filename }) => filename));
}
