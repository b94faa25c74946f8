import pg from "pg";
import { expect } from "vitest";
import { test as base } from "../../../test/support/test.ts";
import { StatementPipeline } from "./pipeline.ts";

const test = base.extend<{ line: StatementPipeline }>({
  line: async ({ databaseUrl }, use) => {
    const client = new pg.Client({ connectionString: databaseUrl });
    client.on("error", () => undefined); // the pending statements receive the error
    await client.connect();
    await use(new StatementPipeline(client, { prepared: new Map() }));
    await client.end();
  },
});

const rows = async (result: ReturnType<StatementPipeline["query"]>): Promise<unknown> => (await result).rows;

test("concurrent statements run in order, each with its own rows and command tag", async ({ line }) => {
  const one = "select $1::int as one";
  const results = ["begin", one, "select 'a' as text, null as nothing", one, "commit"].map((text, index) =>
    line.query(text, text === one ? [index] : []),
  );
  expect(await Promise.all(results)).toEqual([
    { command: "BEGIN", rows: [] },
    { command: "SELECT 1", rows: [{ one: 1 }] },
    { command: "SELECT 1", rows: [{ text: "a", nothing: null }] },
    { command: "SELECT 1", rows: [{ one: 3 }] },
    { command: "COMMIT", rows: [] },
  ]);
});

test("a statement sent before the previous result arrives returns after that result", async ({ line }) => {
  const order: string[] = [];
  const first = line.query("select pg_sleep(0.05)", []).then(() => order.push("first"));
  await new Promise(setImmediate);
  await Promise.all([first, line.query("select 1", []).then(() => order.push("second"))]);
  expect(order).toEqual(["first", "second"]);
});

test("a failed statement cancels those sent behind it, and those before it succeed", async ({ line }) => {
  await line.query("create temporary table written (number int)", []);
  const [before, failed, behind] = await Promise.allSettled([
    line.query("select 1 as one", []),
    line.query("select 1 / 0", []),
    line.query("insert into written values (1)", []),
  ]);
  expect(before).toMatchObject({ value: { rows: [{ one: 1 }] } });
  for (const one of [failed, behind]) expect(one).toMatchObject({ status: "rejected", reason: { code: "22012" } });
  expect(await rows(line.query("select * from written", []))).toEqual([]);
});

test("a failed statement and one cancelled behind it can be repeated", async ({ line }) => {
  const divide = "select 6 / $1::int as quotient";
  const behind = "select 'behind' as place";
  await Promise.allSettled([line.query(divide, [0]), line.query(behind, [])]);
  expect(await Promise.all([rows(line.query(divide, [2])), rows(line.query(behind, []))])).toEqual([
    [{ quotient: 3 }],
    [{ place: "behind" }],
  ]);
});

test("snake_case columns become camelCase properties, and other names are unchanged", async ({ line }) => {
  const columns = `select 1 as created_at, 2 as url_md5, 3 as line_2, 4 as "alreadyCamel", 5 as _hidden, 6`;
  const expected = [{ createdAt: 1, urlMd5: 2, line2: 3, alreadyCamel: 4, _hidden: 5, "?column?": 6 }];
  expect(await rows(line.query(columns, []))).toEqual(expected);
  expect(await rows(line.query(columns, []))).toEqual(expected); // prepared by now, so not described again
});

test("an unreadable value rejects only its own statement", async ({ line }) => {
  const tooBig = line.query("select 9007199254740992::bigint as id", []);
  const fine = line.query("select 1 as one", []);
  await expect(tooBig).rejects.toThrow(RangeError);
  expect(await rows(fine)).toEqual([{ one: 1 }]);
});

test("a value that cannot be serialized is refused before anything is sent", async ({ line }) => {
  await expect(line.query("select $1::timestamptz", [new Date(Number.NaN)])).rejects.toThrow(RangeError);
  expect(await rows(line.query("select 1 as one", []))).toEqual([{ one: 1 }]);
});

test("an error's stack names the caller of the failed statement, not that of a cancelled one", async ({ line }) => {
  const queryHere = async (): Promise<void> => {
    await line.query("select 1 / 0", []);
  };
  const queryBehind = async (): Promise<void> => {
    await line.query("select 1", []);
  };
  const [failed, behind] = await Promise.allSettled([queryHere(), queryBehind()]);
  expect(failed).toMatchObject({ reason: { stack: expect.stringContaining("queryHere") } });
  expect(behind).toEqual(failed);
});

test("pending statements are rejected when the connection ends", async ({ line }) => {
  const ending = [line.query("select pg_terminate_backend(pg_backend_pid())", []), line.query("select 1", [])];
  for (const outcome of await Promise.allSettled(ending)) expect(outcome.status).toBe("rejected");
  await expect(line.query("select 1", [])).rejects.toThrow(/not queryable|terminated/);
});
