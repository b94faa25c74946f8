import { globSync, readFileSync } from "node:fs";
import { dirname, matchesGlob } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { layers } from "../../../import-law.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const files = globSync("{server/{src,test,bin},web/src,receiver/src,examples/*/src,bench}/**/*.*", { cwd: root });

/** They name a shelf, not what a file does: everything fits on it, and nobody looks there. */
const sayNothing = new Set(
  "util utils helper helpers common lib misc manager managers service type types interface interfaces constant constants".split(
    " ",
  ),
);

test("no file or folder has the name of a shelf, on which everything fits", () => {
  const named = files.filter((path) => !path.includes("/golden/")); // those are called what 3scale calls its elements
  const shelves = named.filter((path) => path.split("/").some((part) => sayNothing.has(part.split(".")[0] ?? "")));
  expect(shelves).toEqual([]);
});

test("every file of the server lies in a layer, so that the import law holds for it", () => {
  const outside = files
    .filter((path) => path.startsWith("server/src/") && path !== "server/src/main.ts")
    .filter((path) => !layers.some(({ folder }) => matchesGlob(path, `${folder}/**`)));
  expect(outside).toEqual([]);
});

test("every folder of the server that others may enter has a front door", () => {
  const folders = new Set(files.filter((path) => path.startsWith("server/src/")).map((path) => dirname(path)));
  const doors = layers.filter(({ name }) => !["platform", "http-shared", "http", "cli", "app"].includes(name));
  const closed = doors.filter(({ folder }) => folders.has(folder) && !files.includes(`${folder}/index.ts`));
  expect(closed).toEqual([]);
});

test("the page on the architecture shows every layer", () => {
  const page = readFileSync(`${root}ARCHITECTURE.md`, "utf8");
  const rows = page.split("\n").filter((line) => line.includes("`") && line.startsWith("| "));
  const shown = new Set<string>(rows.flatMap((row) => row.split("|")[1]?.split(",") ?? []).map((name) => name.trim()));
  expect(layers.map(({ name }) => name).filter((name) => !shown.has(name))).toEqual([]);
});
