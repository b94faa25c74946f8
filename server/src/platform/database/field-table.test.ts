import { expect, test } from "vitest";
import {
  assignments,
  auditedChanges,
  columnOf,
  documentProperties,
  insertColumns,
  insertParameters,
  insertValues,
  selectList,
  updateValues,
} from "./field-table.ts";

const ship = {
  id: {},
  homePort: { insert: true, update: true, audited: true },
  draught: { column: "draught_metres", insert: true, audited: true, document: "size" },
  callSign: { update: true, audited: "secret" },
  notes: { update: true, audited: "each" },
  sequence: { read: "greatest(sequence, 7)" },
} as const;

const halibut = { id: 1, homePort: "Bergen", draught: 4, callSign: "LMAB", notes: { crew: "9" }, sequence: 8 };

test("the field table yields the columns, parameters and values of statements", () => {
  expect(selectList(ship)).toBe(
    'id, home_port as "homePort", draught_metres as "draught", call_sign as "callSign", notes, greatest(sequence, 7) as "sequence"',
  );
  expect(insertColumns(ship)).toBe("home_port, draught_metres");
  expect(insertParameters(ship, 2)).toBe("$2, $3");
  expect(insertValues(ship, halibut)).toEqual(["Bergen", 4]);
  expect(assignments(ship, 4)).toBe("home_port = $4, call_sign = $5, notes = $6");
  expect(updateValues(ship, halibut)).toEqual(["Bergen", "LMAB", { crew: "9" }]);
});

test("a document group yields its properties, which map to their columns", () => {
  expect(documentProperties(ship, "size").map((property) => columnOf(ship, property))).toEqual(["draught_metres"]);
});

test("audited changes contain previous values, and null for a changed secret", () => {
  const refitted = { ...halibut, id: 2, homePort: "Oslo", callSign: "LMAC", notes: { crew: "9", engine: "new" } };
  expect(auditedChanges(ship, halibut, refitted)).toEqual({ home_port: "Bergen", call_sign: null, engine: null });
  expect(auditedChanges(ship, halibut, { ...halibut, sequence: 9 })).toEqual({});
});

test("a column takes precedence over an entry of the same name", () => {
  const odd = { ...halibut, notes: { home_port: "Narvik" } };
  expect(auditedChanges(ship, odd, { ...odd, notes: { home_port: "Vardø" } })).toEqual({});
});
