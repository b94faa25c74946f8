import { expect, test } from "vitest";
import { type ComparedRequest, compareRequests, foldUnchanged } from "./bin-requests.ts";
import { processorMsOf } from "../../../test/support/processor-ms.ts";

const request = (changes: Partial<ComparedRequest> = {}): ComparedRequest => ({
  method: "POST",
  path: "/bins/a",
  query: "",
  headers: [
    ["Content-Type", "application/json"],
    ["bellwire-attempt", "1"],
  ],
  body: '{\n  "a": 1,\n  "b": 2\n}',
  ...changes,
});

const marked = (lines: readonly { change: string; text: string }[]): readonly string[] =>
  lines.map(({ change, text }) => `${{ same: " ", removed: "-", added: "+" }[change]}${text}`);

test("headers are compared by name regardless of order and case, and bodies line by line", () => {
  const other = request({
    headers: [
      ["Bellwire-Attempt", "2"],
      ["content-type", "application/json"],
    ],
    body: '{\n  "a": 1,\n  "b": 3\n}',
  });
  const { head, body } = compareRequests(request(), other, false);
  expect(marked(head)).toEqual([
    " POST /bins/a",
    "-bellwire-attempt: 1",
    "+bellwire-attempt: 2",
    " content-type: application/json",
  ]);
  expect(marked(body ?? [])).toEqual([" {", '   "a": 1,', '-  "b": 2', '+  "b": 3', " }"]);
});

test("a missing trailing line break does not change the last line", () => {
  const { body } = compareRequests(request({ body: "a\nb" }), request({ body: "a\nb\nc" }), false);
  expect(marked(body ?? [])).toEqual([" a", " b", "+c"]);
});

test("a non-text body has no line comparison", () => {
  expect(compareRequests(request({ body: undefined }), request(), false).body).toBeNull();
  expect(compareRequests(request({ body: "" }), request({ body: "" }), true).body).toEqual([]);
});

test("of two bodies of 20,000 lines without a common line, the first 500 each are listed in less than two seconds", () => {
  const lines = (prefix: string): string => Array.from({ length: 20_000 }, (_, at) => `${prefix}${at}`).join("\n");
  const compare = () => compareRequests(request({ body: lines("a") }), request({ body: lines("b") }), false);
  const { body, isTooDifferent } = compare();
  expect(isTooDifferent).toBe(true);
  expect(marked(body ?? [])).toEqual([
    ...Array.from({ length: 500 }, (_, at) => `-a${at}`),
    ...Array.from({ length: 500 }, (_, at) => `+b${at}`),
  ]);
  expect(processorMsOf(compare)).toBeLessThan(2000);
});

test("long runs of equal lines are folded, except near a change", () => {
  const same = Array.from({ length: 10 }, (_, at) => ({ change: "same", text: String(at) }) as const);
  const parts = foldUnchanged([...same, { change: "added", text: "x" }, ...same]);
  expect(parts.map((part) => ("folded" in part ? part.folded : part.text))).toEqual([
    7,
    "7",
    "8",
    "9",
    "x",
    "0",
    "1",
    "2",
    7,
  ]);
});
