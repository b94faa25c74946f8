import { parse } from "csv-parse/sync";
import { expect, test } from "vitest";
import { renderCsv } from "./export-rows.ts";

test.each(["two\nlines", "two\rlines", "two\r\nlines", 'a "quoted" text, with a comma', "株式会社 😀"])(
  "a text stays in its cell of CSV: %j",
  (text) => {
    const csv = renderCsv([
      [text, 1],
      ["next", 2],
    ]);
    expect(parse(csv, { record_delimiter: "\r\n" })).toEqual([
      [text, "1"],
      ["next", "2"],
    ]);
    // Spreadsheets also end a row at a single line break that is not quoted.
    expect(csv.replaceAll(/"(?:[^"]|"")*"/g, "").split(/\r\n|\r|\n/)).toHaveLength(3);
  },
);

test.each(["=1+1", "+1", "-1", "@SUM(1)", "\t1", "\r=1"])("a spreadsheet does not execute the text %j", (text) => {
  expect(parse(renderCsv([[text]]), { record_delimiter: "\r\n" })).toEqual([[`'${text}`]]);
});

test.each([
  ["Quay;=1+1", "Quay;'=1+1"],
  ['Quay; "=1+1', `Quay; "'=1+1`],
  ["a;b\n-1", "a;b\n'-1"],
  [{ name: "Quay;@SUM(1);+1" }, `{"name":"Quay;'@SUM(1);'+1"}`],
  ["a;b=c-d", "a;b=c-d"],
  ["Quay\t=1+1", "Quay\t'=1+1"],
  ["\t=1+1", "'\t'=1+1"],
])("a spreadsheet with semicolons or tabs between cells executes no part of %j", (value, shown) => {
  expect(parse(renderCsv([[1, value]]), { record_delimiter: "\r\n" })).toEqual([["1", shown]]);
});
