import pg from "pg";
import { expect } from "vitest";
import { test as base } from "../../../test/support/test.ts";
import { StatementPipeline } from "./pipeline.ts";

const test = base.extend<{ line: StatementPipeline }>({
  line: async ({ databaseUrl }, use) => {
    const client = new pg.Client({ connectionString: databaseUrl });
    client.on("error", () => undefined); // it is told to whoever asked
    await client.connect();
    await use(new StatementPipeline(client, { prepared: new Map() }));
    await client.end();
  },
});

const rows = async (asked: ReturnType<StatementPipeline["query"]>): Promise<unknown> => (await asked).rows;

test("what is asked at once is answered in order, each statement with its own rows and tag", async ({ line }) => {
  const one = "select $1::int as one";
  const asked = ["begin", one, "select 'a' as text, null as nothing", one, "commit"].map((text, index) =>
    line.query(text, text === one ? [index] : []),
  );
  expect(await Promise.all(asked)).toEqual([
    { command: "BEGIN", rows: [] },
    { command: "SELECT 1", rows: [{ one: 1 }] },
    { command: "SELECT 1", rows: [{ text: "a", nothing: null }] },
    { command: "SELECT 1", rows: [{ one: 3 }] },
    { command: "COMMIT", rows: [] },
  ]);
});

test("what is asked while an answer is on its way is answered after it", async ({ line }) => {
  const order: string[] = [];
  const first = line.query("select pg_sleep(0.05)", []).then(() => order.push("first"));
  await new Promise(setImmediate);
  await Promise.all([first, line.query("select 1", []).then(() => order.push("second"))]);
  expect(order).toEqual(["first", "second"]);
});

test("behind a statement that fails nothing is run, and what went before it is answered", async ({ line }) => {
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

test("a statement that has failed, or stood behind one, can be asked again", async ({ line }) => {
  const divide = "select 6 / $1::int as quotient";
  const behind = "select 'behind' as place";
  await Promise.allSettled([line.query(divide, [0]), line.query(behind, [])]);
  expect(await Promise.all([rows(line.query(divide, [2])), rows(line.query(behind, []))])).toEqual([
    [{ quotient: 3 }],
    [{ place: "behind" }],
  ]);
});

test("columns in snake_case arrive as properties in camelCase, other names as they are", async ({ line }) => {
  const columns = `select 1 as created_at, 2 as url_md5, 3 as line_2, 4 as "alreadyCamel", 5 as _hidden, 6`;
  const expected = [{ createdAt: 1, urlMd5: 2, line2: 3, alreadyCamel: 4, _hidden: 5, "?column?": 6 }];
  expect(await rows(line.query(columns, []))).toEqual(expected);
  expect(await rows(line.query(columns, []))).toEqual(expected); // prepared by now, so not described again
});

test("a value that cannot be read fails its statement and no other", async ({ line }) => {
  const tooBig = line.query("select 9007199254740992::bigint as id", []);
  const fine = line.query("select 1 as one", []);
  await expect(tooBig).rejects.toThrow(RangeError);
  expect(await rows(fine)).toEqual([{ one: 1 }]);
});

test("a value that cannot be written is refused before anything goes out", async ({ line }) => {
  await expect(line.query("select $1::timestamptz", [new Date(Number.NaN)])).rejects.toThrow(RangeError);
  expect(await rows(line.query("select 1 as one", []))).toEqual([{ one: 1 }]);
});

test("a failure says where it was asked, and not where what stands behind it was", async ({ line }) => {
  const askHere = async (): Promise<void> => {
    await line.query("select 1 / 0", []);
  };
  const askBehind = async (): Promise<void> => {
    await line.query("select 1", []);
  };
  const [failed, behind] = await Promise.allSettled([askHere(), askBehind()]);
  expect(failed).toMatchObject({ reason: { stack: expect.stringContaining("askHere") } });
  expect(behind).toEqual(failed);
});

test("all that waits hears when the connection ends", async ({ line }) => {
  const ending = [line.query("select pg_terminate_backend(pg_backend_pid())", []), line.query("select 1", [])];
  for (const outcome of await Promise.allSettled(ending)) expect(outcome.status).toBe("rejected");
  await expect(line.query("select 1", [])).rejects.toThrow(/not queryable|terminated/);
});
