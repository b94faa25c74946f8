import { expect } from "vitest";
import { test } from "../../../test/support/test.ts";
import { bytesArray, jsonArray, plainArray, textArray } from "./values.ts";

test("PostgreSQL reads arrays of numbers, ids and moments as they were", async ({ tx }) => {
  const [row] = await tx.query(
    "select $1::bigint[] as numbers, $2::float8[] as floats, $3::uuid[]::text[] as ids, $4::timestamptz[] as moments",
    [
      plainArray([1, null, 9007199254740991]),
      plainArray([0.1, -1e-7, null]),
      plainArray(["01a20ecd-ff10-7000-905f-e3aeafe39cef"]),
      plainArray([new Date(5).toISOString()]),
    ],
  );
  expect(row).toEqual({
    numbers: [1, null, 9007199254740991],
    floats: [0.1, -1e-7, null],
    ids: ["01a20ecd-ff10-7000-905f-e3aeafe39cef"],
    moments: [new Date(5)],
  });
});

test("PostgreSQL reads arrays of any text and bytes as they were", async ({ tx }) => {
  const texts = [null, "", "NULL", 'say "yes"', "back\\slash", "{a,b}", " space ", "line\nbreak", "צ 🜨"];
  const bytes = [null, Buffer.alloc(0), Buffer.from([0, 92, 34, 255])];
  const [row] = await tx.query("select $1::text[] as texts, $2::bytea[] as bytes, $3::text[] as nothing", [
    textArray(texts),
    bytesArray(bytes),
    textArray([]),
  ]);
  expect(row).toEqual({ texts, bytes, nothing: [] });
});

test("PostgreSQL reads arrays of JSON as it was", async ({ tx }) => {
  const objects = [
    null,
    {},
    { "x-quoted": 'say "yes" \\ {a,b}', "x-control": "\u0001\n\u007f", "x-foreign": "צ 🜨 \ud800" },
  ];
  const [row] = await tx.query<{ objects: string[] }>("select $1::json[]::text[] as objects", [jsonArray(objects)]);
  expect(row?.objects.map((it) => JSON.parse(it))).toEqual(objects);
});
