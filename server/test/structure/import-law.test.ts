import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Layer, layers, mayImport } from "../../../import-law.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const openLayers = new Set<Layer>(["platform", "http-shared"]);
/** Returns a folder of the layer: `one` replaces a star in its pattern. Of several named folders it is the first. */
const folderOf = (name: Layer, one = "one"): string => {
  const folder = layers.find((layer) => layer.name === name)?.folder ?? "";
  return folder.replace("*", one).replace(/\{([^,]+),.*\}/, one === "two" ? "users" : "$1");
};

/** Imports that the linter refuses, as `from -> to/file`. */
let refused: ReadonlySet<string>;
let scratch: string;

// Every layer imports every other, through its index.ts and past it. One run of the linter checks them all.
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "bellwire-law-"));
  for (const file of ["oxlint.config.ts", "import-law.ts", "server/tsconfig.json", "server/package.json"]) {
    await cp(join(root, file), join(scratch, file));
  }
  await symlink(join(root, "node_modules"), join(scratch, "node_modules"));
  await writeFile(join(scratch, ".gitignore"), "node_modules\n");
  for (const { name } of layers) {
    for (const folder of new Set([folderOf(name), folderOf(name, "two")])) {
      for (const file of ["index", "inner"]) await write(`${folder}/${file}.ts`, "export const thing = 1;\n");
    }
    await writeImports(name);
  }
  refused = await findRefused();
}, 240_000); // the linter takes a few seconds, and much longer on a busy machine

afterAll(() => rm(scratch, { recursive: true, force: true }));

test.for(layers.map(({ name }) => name))("the linter lets %s import exactly the layers that the law allows", (from) => {
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
    layers.filter(({ name: to }) => to !== from && !refused.has(nameOf(from, to, "inner"))).map(({ name: to }) => to),
  );
  expect(new Set(entered)).toEqual(openLayers);
});

test("no interface of the http layer imports another", () => {
  expect(refused).toContain(nameOf("http", "http", "index", "two"));
});

test("the folders of the accounts layer may import each other", () => {
  expect(refused).not.toContain(nameOf("accounts", "accounts", "inner", "two"));
});

function isAllowed(from: Layer, to: Layer): boolean {
  return !refused.has(nameOf(from, to, "index"));
}

/** The file in which a layer imports everything, one import per line. */
function importing(from: Layer): string {
  return `${folderOf(from)}/importing.ts`;
}

function nameOf(from: Layer, to: Layer, file: string, one = "one"): string {
  return `${from} -> ${folderOf(to, one)}/${file}`;
}

/** Returns the imports of a layer in the order of its lines: of every layer, and of another folder of its own. */
function importsOf(from: Layer): readonly { readonly name: string; readonly target: string }[] {
  const folders = [...layers.map(({ name }) => [name, "one"] as const), [from, "two"] as const];
  return folders.flatMap(([to, one]) =>
    ["index", "inner"].map((file) => ({
      name: nameOf(from, to, file, one),
      target: `#${folderOf(to, one).replace("server/src/", "")}/${file}.ts`,
    })),
  );
}

const writeImports = (from: Layer): Promise<void> =>
  write(
    importing(from),
    importsOf(from)
      .map(({ target }, at) => `export { thing as thing${at} } from "${target}";\n`)
      .join(""),
  );

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(scratch, path)), { recursive: true });
  await writeFile(join(scratch, path), text);
}

interface Diagnostic {
  readonly code: string;
  readonly filename: string;
  readonly labels: readonly { readonly span: { readonly line: number } }[];
}

async function findRefused(): Promise<Set<string>> {
  const output = await new Promise<string>((resolve) => {
    const program = join(root, "node_modules/.bin/oxlint");
    execFile(program, ["--format=json"], { cwd: scratch, maxBuffer: 2 ** 26 }, (_, stdout) => resolve(stdout));
  });
  const { diagnostics }: { diagnostics: readonly Diagnostic[] } = JSON.parse(output);
  const imports = new Set<string>();
  for (const { code, filename, labels } of diagnostics) {
    const from = layers.find(({ name }) => importing(name) === filename)?.name;
    const line = labels[0]?.span.line;
    if (!code.startsWith("boundaries") || from === undefined || line === undefined) continue;
    const refusedImport = importsOf(from)[line - 1];
    if (refusedImport) imports.add(refusedImport.name);
  }
  return imports;
}
