import { expect } from "vitest";
import { test } from "../../../test/support/test.ts";
import { bytesArray, jsonArray, plainArray, textArray, timesArray } from "./values.ts";

test("PostgreSQL reads arrays of numbers and ids unchanged", async ({ tx }) => {
  const [row] = await tx.query("select $1::bigint[] as numbers, $2::float8[] as floats, $3::uuid[]::text[] as ids", [
    plainArray([1, null, 9007199254740991]),
    plainArray([0.1, -1e-7, null]),
    plainArray(["01a20ecd-ff10-7000-905f-e3aeafe39cef"]),
  ]);
  expect(row).toEqual({
    numbers: [1, null, 9007199254740991],
    floats: [0.1, -1e-7, null],
    ids: ["01a20ecd-ff10-7000-905f-e3aeafe39cef"],
  });
});

test("PostgreSQL reads arrays of times unchanged, to the millisecond", async ({ tx }) => {
  const moments = [
    "1970-01-01T00:00:00.005Z",
    "1999-12-31T23:59:59.999Z",
    "2000-01-01T00:00:00.000Z",
    "2255-06-05T23:47:34.740Z",
  ].map((text) => new Date(text));
  const [row] = await tx.query("select $1::timestamptz[] as moments, $2::timestamptz[] as none", [
    timesArray(moments),
    timesArray([]),
  ]);
  expect(row).toEqual({ moments, none: [] });
  expect(() => timesArray([new Date(Number.NaN)])).toThrow(RangeError);
});

test("PostgreSQL reads arrays of any text and bytes unchanged", async ({ tx }) => {
  const texts = [null, "", "NULL", 'say "yes"', "back\\slash", "{a,b}", " space ", "line\nbreak", "צ 🜨"];
  const bytes = [null, Buffer.alloc(0), Buffer.from([0, 92, 34, 255]), Buffer.alloc(100_000, 7), Buffer.from("last")];
  const [row] = await tx.query("select $1::text[] as texts, $2::bytea[] as bytes, $3::text[] as nothing", [
    textArray(texts),
    bytesArray(bytes),
    textArray([]),
  ]);
  expect(row).toEqual({ texts, bytes, nothing: [] });
});

test("PostgreSQL reads arrays of JSON unchanged", async ({ tx }) => {
  const objects = [
    null,
    {},
    {
      "x-quoted": 'say "yes" \\ {a,b}',
      "x-control": "\u0001\n\u007f",
      "x-foreign": "צ 🜨 \ud800",
      "x-long": "ש".repeat(10_000),
    },
  ];
  const [row] = await tx.query<{ objects: string[] }>("select $1::json[]::text[] as objects", [jsonArray(objects)]);
  expect(row?.objects.map((text) => JSON.parse(text))).toEqual(objects);
});
