import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { locksOf, migrationNote } from "#platform/database/migrate.ts";

const root = fileURLToPath(new URL("../../migrations/", import.meta.url));

/** These create the first schema: there is no older code. */
const first = /^(?:cell\/00(?:0\d|1[0-4])|directory\/0001)_/;

const later = ["before-0.1.0", "cell", "directory"]
  .flatMap((folder) => readdirSync(`${root}${folder}`).map((name) => `${folder}/${name}`))
  .filter((path) => !first.test(path))
  .map((path) => ({ path, sql: readFileSync(`${root}${path}`, "utf8") }));

/** Statements that older code cannot work with. A new column without a default must accept null. */
const contracting: readonly (readonly [string, RegExp])[] = [
  ["drops a table", /\bdrop table\b/],
  [
    "drops a column",
    /\bdrop (?:column )?(?!constraint|index|default|not null|expression|identity|function|trigger)\w+\s*[,;]/,
  ],
  ["renames", /\brename (?:column |to )/],
  ["changes a type", /\balter (?:column )?\w+ (?:set data )?type\b/],
  ["forbids null", /\bset not null\b/],
  [
    "adds a column that must not be null, without a default",
    /\badd (?:column )?\w+ [^,;]*\bnot null\b(?![^,;]*\bdefault\b)/,
  ],
];

/** Returns the changes of a migration that break code of the previous release. */
function breaks(sql: string): readonly string[] {
  // Functions contain statements of their own, which run later.
  const statements = sql
    .replaceAll(/\$(\w*)\$[\s\S]*?\$\1\$/g, "")
    .replaceAll(/--.*$/gm, "")
    .toLowerCase();
  return statements
    .split(";")
    .filter((statement) => !/^\s*create /.test(statement))
    .flatMap((statement) =>
      contracting.flatMap(([name, pattern]) =>
        pattern.test(`${statement.replaceAll(/ default [^,]*not null/g, " default")};`) ? [name] : [],
      ),
    );
}

test.each(later.map(({ path }) => path))("%s states its locks and the effect on older code", (path) => {
  const sql = later.find((migration) => migration.path === path)?.sql ?? "";
  expect({ locks: migrationNote(sql, "Locks"), oldCode: migrationNote(sql, "Old code") }).toEqual({
    locks: expect.stringMatching(/\w{3}/),
    oldCode: expect.stringMatching(/\w{3}/),
  });
});

test("the previous release works with every migration that is not marked Breaking", () => {
  const broken = later.flatMap(({ path, sql }) =>
    migrationNote(sql, "Breaking") === undefined ? breaks(sql).map((change) => `${path} ${change}`) : [],
  );
  expect(broken).toEqual([]);
});

test.each([
  ["alter table events drop column key;", ["drops a column"]],
  ["alter table events drop key;", ["drops a column"]],
  ["drop table events;", ["drops a table"]],
  ["alter table events rename column key to keys;", ["renames"]],
  ["alter table events rename to messages;", ["renames"]],
  ["alter table events alter column sequence type integer;", ["changes a type"]],
  ["alter table events alter key set not null;", ["forbids null"]],
  ["alter table events add column note text not null;", ["adds a column that must not be null, without a default"]],
  ["alter table events add column note text;", []],
  ["alter table events add column note text not null default '';", []],
  ["alter table events add column note text default '' not null;", []],
  ["create table notes (id bigint not null, text text not null);", []],
  ["alter table events drop constraint events_check;", []],
])("%s", (sql, expected) => {
  expect(breaks(sql)).toEqual(expected);
});

test("a migration first takes the strongest lock of each table that its statements need", () => {
  const sql = `
    -- alter table comments add x;
    alter table only events add column note text;
    create unique index events_note_idx on events (note);
    lock table due; drop index due_idx;
    create index lanes_idx on only lanes (owner);
    create table notes (account_id bigint references accounts (id));
    create function f() returns void language sql as $$ alter table inside add y $$;
    create trigger lanes_t after update on lanes for each row execute function f();`;
  expect(locksOf(sql)).toEqual([
    { mode: "access exclusive", tables: ["events", "due"] },
    { mode: "share row exclusive", tables: ["lanes", "accounts"] },
  ]);
});
