import { globSync, readFileSync } from "node:fs";
import { dirname, join, matchesGlob } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { layers } from "../../../import-law.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const files = globSync("{server/{src,test,bin},web/src,receiver/src,examples/*/src,bench}/**/*.*", { cwd: root });

/** Generic names that do not name a file's subject. */
const meaningless = new Set(
  "util utils helper helpers common lib misc manager managers service type types interface interfaces constant constants".split(
    " ",
  ),
);

test("no file or folder has a generic name such as utils", () => {
  const named = files.filter((path) => !path.includes("/golden/")); // golden files have the names of 3scale's elements
  const unnamed = named.filter((path) => path.split("/").some((part) => meaningless.has(part.split(".")[0] ?? "")));
  expect(unnamed).toEqual([]);
});

test("every file of the server belongs to a layer, so that the import law applies to it", () => {
  const outside = files
    .filter((path) => path.startsWith("server/src/") && !path.endsWith(".md") && path !== "server/src/main.ts")
    .filter((path) => !layers.some(({ folder }) => matchesGlob(path, `${folder}/**`)));
  expect(outside).toEqual([]);
});

test("every module that other layers may import has an index.ts", () => {
  const folders = new Set(files.filter((path) => path.startsWith("server/src/")).map((path) => dirname(path)));
  const entered = layers.filter(({ name }) => !["platform", "http-shared", "http", "cli", "app"].includes(name));
  const closed = entered.filter(({ folder }) => folders.has(folder) && !files.includes(`${folder}/index.ts`));
  expect(closed).toEqual([]);
});

test("the table of modules in ARCHITECTURE.md names the folder of every layer", () => {
  const page = readFileSync(`${root}ARCHITECTURE.md`, "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| "));
  const named = new Set(
    rows.flatMap((row) => [...row.matchAll(/`([^`]+)`/g)].map(([, name]) => name?.replace(/\/$/, ""))),
  );
  const paths = layers.flatMap(({ folder }) => foldersOf(folder.replace("server/src/", "")));
  const missing = paths.filter((path) => !named.has(path) && !named.has(path.split("/").at(-1)));
  expect(missing).toEqual([]);
});

/** Expands one `{a,b}`. */
function foldersOf(pattern: string): readonly string[] {
  const [, before = "", names, after = ""] = /^(.*)\{(.*)\}(.*)$/.exec(pattern) ?? [];
  return names === undefined ? [pattern] : names.split(",").map((name) => `${before}${name}${after}`);
}

const linesMin = 60;

test("a server file below 60 lines is imported by two others or loaded on demand", () => {
  const production = files.filter((path) => /^server\/src\/.*\.ts$/.test(path) && !path.endsWith(".test.ts"));
  const users = new Map(production.map((path) => [path, new Set<string>()]));
  const onDemand = new Set<string>();
  for (const user of production) {
    for (const [, before, specifier = ""] of readFileSync(root + user, "utf8").matchAll(
      /(from|import\() ?"([^"]+)"/g,
    )) {
      const path = specifier.startsWith("#")
        ? `server/src/${specifier.slice(1)}`
        : join(dirname(user), specifier.startsWith(".") ? specifier : "");
      users.get(path)?.add(user);
      if (before === "import(") onDemand.add(path);
    }
  }
  const small = production.filter(
    (path) =>
      !/\/(index|main)\.ts$/.test(path) &&
      readFileSync(root + path, "utf8").split("\n").length - 1 < linesMin &&
      (users.get(path)?.size ?? 0) < 2 &&
      !onDemand.has(path),
  );
  expect(small).toEqual([]);
});
