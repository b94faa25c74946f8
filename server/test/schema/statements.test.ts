import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { test } from "../support/test.ts";

/** What the owner asks before there is a search path: the schema's name is part of it, and its own tests run it. */
const asOwner = [
  "platform/database/migrate.ts",
  "platform/database/migrate.ts",
  "platform/database/migrate.ts",
  "platform/database/migrate.ts",
];

/** Those below a comment that says `@indexed`. */
const marked = "each marked statement";

const source = fileURLToPath(new URL("../../src/", import.meta.url));

test("PostgreSQL understands every statement, against the schema that the migrations make", async ({ tx }) => {
  const { statements, unresolved } = allStatements();
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
  expect(unresolved).toEqual(asOwner);
});

// What every request to the API, and every change, begins with; and how a page or a piece of a million failures is found.
test.for(["portal/providers/provider.ts: readWithTokenStatement", "portal/accounts/account-details.ts", marked])(
  "an index serves every table that %s reads",
  async (place, { tx }) => {
    await tx.query("set local enable_seqscan = off"); // the tables are empty: so that a scan remains only where no index is
    const statements = allStatements().statements.filter(
      ({ path, name, isMarked }) => [path, `${path}: ${name}`].includes(place) || (isMarked && place === marked),
    );
    expect(statements).not.toEqual([]);
    await tx.query("set local plan_cache_mode = force_generic_plan");
    for (const [index, { text }] of statements.entries()) {
      const values = [...new Set(text.match(/\$\d+/g))].map(() => "null");
      await tx.query(`prepare hot_${index} as ${text}`);
      const given = values.length > 0 ? `(${values.join(", ")})` : "";
      const rows = await tx.query<object>(`explain execute hot_${index}${given}`);
      await tx.query(`deallocate hot_${index}`);
      const plan = rows.flatMap((row) => Object.values(row).map(String));
      const isScan = /(?:Seq|Index|Index Only|Bitmap Heap) Scan /;
      const byCondition = /^\s*(?:Index|Recheck) Cond: /; // else all of the index is read
      const whole = plan.filter((line, at) => isScan.test(line) && !byCondition.test(plan[at + 1] ?? ""));
      expect(whole).toEqual([]);
    }
  },
);

interface Statement {
  readonly path: string;
  /** Of the constant that holds it, if one does. */
  readonly name: string | undefined;
  readonly text: string;
  /** Whether the comment above its constant says `@indexed`. */
  readonly isMarked: boolean;
}

/**
 * Texts that begin as a statement does, with what is put into them if it is a constant of the file, or one for all; and the
 * files of those that have something else put into them, which nobody can prepare.
 */
function allStatements(): { statements: readonly Statement[]; unresolved: readonly string[] } {
  const files = globSync("**/*.ts", { cwd: source, exclude: ["**/*.test.ts"] }).map((path) => ({
    path,
    file: readFileSync(source + path, "utf8"),
  }));
  // An exported constant may contain constants of its own file.
  const exported = files.flatMap(({ file }) => {
    const constants = new Map(["const" as const, "export const" as const].flatMap((how) => constantsOf(file, how)));
    return constantsOf(file, "export const").map(([name, text]) => [name, fillIn(text, constants)] as const);
  });
  const all = files.flatMap(({ path, file }) => {
    const constants = new Map([...exported, ...constantsOf(file, "const")]);
    const whole = (text: string): string => fillIn(text, constants);
    return [...file.matchAll(/(?:const (\w+) =\s+)?(?:`([^`]*)`|"([^"\n]*)")/g)]
      .map(({ 1: name, 2: long, 3: short, index }) => ({
        path,
        name,
        text: whole(long ?? short ?? ""),
        isMarked: isMarkedAt(file, index),
      }))
      .filter(({ text }) => /^\s*(select|insert into|update|delete from|with)\s/.test(text));
  });
  const isWhole = ({ text }: Statement): boolean => !text.includes("${");
  const holed = all.filter((it) => !isWhole(it)).map(({ path }) => path);
  return { statements: all.filter(isWhole), unresolved: holed.toSorted() };
}

const isMarkedAt = (file: string, index: number): boolean =>
  /(?:\/\/ .*\n)*$/.exec(file.slice(0, file.lastIndexOf("\nconst ", index) + 1))?.[0].includes("@indexed") ?? false;

const fillIn = (text: string, constants: ReadonlyMap<string, string>): string =>
  text.replaceAll(/\$\{(\w+)\}/g, (hole, name: string) =>
    constants.has(name) ? fillIn(constants.get(name) ?? "", constants) : hole,
  );

const constantsOf = (file: string, declared: "const" | "export const"): [string, string][] =>
  [...file.matchAll(/((?:export )?const) (\w+) =\s+([`"])(.*?)\3;/gs)].flatMap(
    ([, how = "", name = "", , text = ""]): [string, string][] => (how.endsWith(declared) ? [[name, text]] : []),
  );
