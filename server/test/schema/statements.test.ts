import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { test } from "../support/test.ts";

const source = fileURLToPath(new URL("../../src/", import.meta.url));

test("PostgreSQL understands every statement, against the schema that the migrations make", async ({ tx }) => {
  const statements = allStatements();
  const refusals: string[] = [];
  for (const [index, { path, text }] of statements.entries()) {
    try {
      await tx.query("savepoint before");
      await tx.query(`prepare statement_${index} as ${text}`);
    } catch (error) {
      refusals.push(`${path}: ${String(error)}\n${text}`);
      await tx.query("rollback to before");
    }
  }
  expect(refusals).toEqual([]);
  expect(statements.length).toBeGreaterThan(80); // else they are no longer found
});

/** Texts that begin as a statement does, with what is put into them if it is a constant of the file, or one for all. */
function allStatements(): { path: string; text: string }[] {
  const files = globSync("**/*.ts", { cwd: source, exclude: ["**/*.test.ts"] }).map((path) => ({
    path,
    file: readFileSync(source + path, "utf8"),
  }));
  const exported = files.flatMap(({ file }) => constantsOf(file, "export const"));
  return files.flatMap(({ path, file }) => {
    const constants = new Map([...exported, ...constantsOf(file, "const")]);
    const whole = (text: string): string =>
      text.replaceAll(/\$\{(\w+)\}/g, (hole, name: string) =>
        constants.has(name) ? whole(constants.get(name) ?? "") : hole,
      );

    return [...file.matchAll(/`([^`]*)`|"([^"\n]*)"/g)]
      .map(([, long, short]) => whole(long ?? short ?? ""))
      .filter((text) => /^\s*(select|insert into|update|delete from|with)\s/.test(text) && !text.includes("${"))
      .map((text) => ({ path, text }));
  });
}

const constantsOf = (file: string, declared: "const" | "export const"): [string, string][] =>
  [...file.matchAll(/((?:export )?const) (\w+) =\s+([`"])(.*?)\3;/gs)].flatMap(
    ([, how = "", name = "", , text = ""]): [string, string][] => (how.endsWith(declared) ? [[name, text]] : []),
  );
