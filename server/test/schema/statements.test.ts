import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { assignments, insertColumns, insertParameters, selectList } from "#platform/database/field-table.ts";
import { test } from "../support/test.ts";

/**
 * Files with statements that cannot be prepared from their text, and that their own tests run. Migrations and prologues contain the
 * schema's name. Moves read their tables from the catalogue. The statements on endpoints derive from the table of settings, those
 * of searches from the source.
 */
const withDerivedStatements = [
  "cells/move/moved-rows.ts",
  "platform/database/migrate.ts",
  "platform/database/pool.ts",
  "webhooks/endpoints/delivery-settings.ts",
  "webhooks/endpoints/endpoint-table.ts",
  "webhooks/search/sources.ts",
  "webhooks/search/statements.ts",
];

const source = fileURLToPath(new URL("../../src/", import.meta.url));

interface Statement {
  readonly path: string;
  /** The name of the constant that contains it. */
  readonly name: string | undefined;
  readonly text: string;
  /** True if the comment above its constant contains `@indexed`. */
  readonly isMarked: boolean;
}

type Rows = Parameters<typeof selectList>[0];

/** Functions that render parts of statements from a field table. */
const builders = new Map<string, (table: Rows, first: number) => string>(
  Object.entries({ selectList, insertColumns, insertParameters, assignments }),
);

/** The field tables of the server by name. */
const fieldTables = new Map<string, Rows>();
for (const path of globSync("**/*.ts", { cwd: source })) {
  const file = readFileSync(source + path, "utf8");
  if (!/satisfies (?:Field|Settable)Table</.test(file)) continue;
  const module: Readonly<Record<string, Rows>> = await import(source + path);
  const names = [...file.matchAll(/^export const (\w+) = \{$/gm)].map(([, name = ""]) => name);
  for (const name of names) fieldTables.set(name, module[name] ?? {});
}

/** Words of 3scale that begin like a statement. */
const sentences = new Set(["select at least one scope"]);

/**
 * Returns the texts that begin like a statement, with constants filled in, and the files with texts that cannot be
 * filled in.
 */
function allStatements(): { statements: readonly Statement[]; unresolved: readonly string[] } {
  const files = globSync("**/*.ts", { cwd: source, exclude: ["**/*.test.ts"] }).map((path) => ({
    path,
    file: readFileSync(source + path, "utf8"),
  }));
  // An exported constant may contain constants of its own file.
  const exported = files.flatMap(({ file }) => {
    const constants = new Map(
      ["const" as const, "export const" as const].flatMap((keyword) => constantsOf(file, keyword)),
    );
    return constantsOf(file, "export const").map(([name, text]) => [name, fillIn(text, constants)] as const);
  });
  const all = files.flatMap(({ path, file }) => {
    const constants = new Map([...exported, ...constantsOf(file, "const")]);
    const complete = (text: string): string => fillIn(text, constants);
    return [...file.matchAll(/(?:const (\w+) =\s+)?(?:`([^`]*)`|"([^"\n]*)")/g)]
      .map(({ 1: name, 2: long, 3: short, index }) => ({
        path,
        name,
        text: complete(long ?? short ?? ""),
        isMarked: isMarkedAt(file, index),
      }))
      .filter(({ text }) => /^\s*(select|insert into|update|delete from|with)\s/.test(text) && !sentences.has(text));
  });
  const isComplete = ({ text }: Statement): boolean => !text.includes("${");
  const incomplete = all.filter((statement) => !isComplete(statement)).map(({ path }) => path);
  return { statements: all.filter(isComplete), unresolved: [...new Set(incomplete)].toSorted() };
}

const isMarkedAt = (file: string, index: number): boolean =>
  /(?:\/\/ .*\n)*$/.exec(file.slice(0, file.lastIndexOf("\nconst ", index) + 1))?.[0].includes("@indexed") ?? false;

const fillIn = (text: string, constants: ReadonlyMap<string, string>): string =>
  text
    .replaceAll(/\$\{(\w+)\}/g, (placeholder, name: string) =>
      constants.has(name) ? fillIn(constants.get(name) ?? "", constants) : placeholder,
    )
    .replaceAll(/\$\{(\w+)\((\w+)(?:, (\d+))?\)\}/g, (placeholder, builder: string, table: string, first?: string) => {
      const [build, rows] = [builders.get(builder), fieldTables.get(table)];
      return build && rows ? build(rows, Number(first)) : placeholder;
    });

const constantsOf = (file: string, keyword: "const" | "export const"): [string, string][] => {
  const texts = [...file.matchAll(/((?:export )?const) (\w+) =\s+([`"])(.*?)\3;/gs)];
  const lists = [...file.matchAll(/((?:export )?const) (\w+) = ()(selectList\(\w+\));/g)];
  return [...texts, ...lists].flatMap(([, declaration = "", name = "", quote, text = ""]): [string, string][] =>
    declaration.endsWith(keyword) ? [[name, quote === "" ? `\${${text}}` : text]] : [],
  );
};

const { statements, unresolved } = allStatements();
const marked = statements.filter(({ isMarked }) => isMarked);

test("PostgreSQL prepares every statement against the migrated schema", async ({ tx }) => {
  const refusals: string[] = [];
  for (const [index, { path, text }] of statements.entries()) {
    try {
      await tx.query("savepoint before");
      await tx.query(`prepare statement_${index} as ${text}`);
      await tx.query(`deallocate statement_${index}`); // a rollback does not, and a retry may get the same connection
    } catch (error) {
      refusals.push(`${path}: ${String(error)}\n${text}`);
      await tx.query("rollback to before");
    }
  }
  expect(refusals).toEqual([]);
  expect(statements.length).toBeGreaterThan(80); // fails if the pattern no longer matches statements
  expect(unresolved).toEqual(withDerivedStatements);
});

test("PostgreSQL prepares every statement of a document", async ({ tx }) => {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  const documented = globSync("docs/**/*.md", { cwd: root, exclude: (path) => path.startsWith("docs/site") })
    .flatMap((path) => [...readFileSync(root + path, "utf8").matchAll(/^```sql\n(.*?)^```/gms)])
    .flatMap(([, block = ""]) => block.split(/;[^\n]*\n/))
    .filter((text) => /^\s*(?:select|with|insert|update|delete)\b/.test(text));
  for (const text of documented) {
    await tx.query(`prepare documented as ${text}`);
    await tx.query("deallocate documented");
  }
  expect(documented.length).toBeGreaterThan(15);
});

// Statements of every request to the API or of every change, and of batches of a million failures.
test("statements marked @indexed read every table by an index condition", async ({ tx }) => {
  await tx.query("set local enable_seqscan = off"); // an empty table is scanned only if no index serves it
  expect(marked).not.toEqual([]);
  await tx.query("set local plan_cache_mode = force_generic_plan");
  for (const [index, { text }] of marked.entries()) {
    const values = [...new Set(text.match(/\$\d+/g))].map(() => "null");
    await tx.query(`prepare hot_${index} as ${text}`);
    const parameters = values.length > 0 ? `(${values.join(", ")})` : "";
    const rows = await tx.query<object>(`explain execute hot_${index}${parameters}`);
    await tx.query(`deallocate hot_${index}`);
    const plan = rows.flatMap((row) => Object.values(row).map(String));
    const isScan = /(?:Seq|Index|Index Only|Bitmap Heap) Scan /;
    const byCondition = /^\s*(?:Index|Recheck) Cond: /; // otherwise the whole index is read
    const complete = plan.filter((line, at) => isScan.test(line) && !byCondition.test(plan[at + 1] ?? ""));
    expect(complete).toEqual([]);
  }
});

test("statements about lanes of an engine look each up by its key, although it has started since the last analyze", async ({
  owner,
}) => {
  await owner.inTransaction(async (tx) => {
    await tx.query(
      `insert into lanes (provider_id, endpoint_id) select 1, number from generate_series(1, 10000) number`,
    );
    await tx.query(
      `insert into due (provider_id, event_id, endpoint_id, format, sequence)
       select 1, uuidv7(), number % 10000, '3scale', number from generate_series(1, 20000) number`,
    );
    await tx.query("analyze lanes, due");
    const ofOwner = statements.filter(
      ({ path, text }) =>
        path.startsWith("webhooks/deliveries/") && text.includes("unnest(") && /\blanes?\.owner = \$/.test(text),
    );
    expect(ofOwner.map(({ name }) => name)).toEqual([
      "verifyStatement",
      "releaseStatement",
      "unorderedStatement",
      "orderedStatement",
      "outcomesStatement",
    ]);
    for (const { name = "", text } of ofOwner) {
      await tx.query(`prepare ${name} as ${text}`);
      const types = await tx.query<{ type: string }>(
        `select unnest(parameter_types)::text as type from pg_prepared_statements where name = lower($1)`,
        [name],
      );
      const values = types.map(({ type }) =>
        type === "uuid" ? "uuidv7()" : `array_fill(null::${type.replace("[]", "")}, array[1000])`,
      );
      for (const mode of ["force_generic_plan", "force_custom_plan"]) {
        await tx.query(`set local plan_cache_mode = ${mode}`);
        const rows = await tx.query<object>(`explain execute ${name} (${values.join(", ")})`);
        const plan = rows.flatMap((row) => Object.values(row).map(String));
        const lookUp = plan.findIndex((line) => line.includes("Scan") && line.includes(" on lanes "));
        expect(plan[lookUp]).toContain("Index Scan using lanes_pkey");
        expect(plan[lookUp + 1]).toMatch(/Index Cond: \(endpoint_id = (?:outcome|held(?:_1)?)\.endpoint_id\)/);
      }
    }
  });
});
