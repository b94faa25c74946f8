import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "#platform/document.ts";
import { type Difference, diffTrees } from "./diff.ts";

const user = (id: number, username: string, email: string | null = null): Json => ({ id, username, email });

test.each<readonly [string, Json | undefined, Json | undefined, readonly Difference[]]>([
  ["equal trees have no difference", { a: [1, { b: null }] }, { a: [1, { b: null }] }, []],
  ["a changed value is a change", { a: 1 }, { a: 2 }, [{ path: ["a"], kind: "changed", before: 1, after: 2 }]],
  ["a new field is an addition", {}, { a: 1 }, [{ path: ["a"], kind: "added", after: 1 }]],
  ["a missing field is a removal", { a: 1 }, {}, [{ path: ["a"], kind: "removed", before: 1 }]],
  ["a change from null is a change", { a: null }, { a: 1 }, [{ path: ["a"], kind: "changed", before: null, after: 1 }]],
  ["null and a missing field differ", { a: null }, {}, [{ path: ["a"], kind: "removed", before: null }]],
  [
    "a nested change has the path of its field",
    { plan: { name: "Basic", cost: 0 } },
    { plan: { name: "Gold", cost: 0 } },
    [{ path: ["plan", "name"], kind: "changed", before: "Basic", after: "Gold" }],
  ],
  [
    "each field of a new record is an addition",
    undefined,
    { a: 1, b: { c: 2 } },
    [
      { path: ["a"], kind: "added", after: 1 },
      { path: ["b", "c"], kind: "added", after: 2 },
    ],
  ],
  [
    "a record that replaces null is one change",
    { a: null },
    { a: { b: 1 } },
    [{ path: ["a"], kind: "changed", before: null, after: { b: 1 } }],
  ],
  ["an empty record equals a missing one", { a: {} }, {}, []],
  ["an empty list equals a missing one", {}, { a: [] }, []],
  [
    "items are matched by id, regardless of order",
    { users: [user(1, "mira"), user(2, "olaf")] },
    { users: [user(2, "olaf", "o@quay.example"), user(1, "mira")] },
    [
      {
        path: ["users", { id: 2, title: "olaf" }, "email"],
        kind: "changed",
        before: null,
        after: "o@quay.example",
      },
    ],
  ],
  [
    "an item without a counterpart is one difference",
    { users: [user(1, "mira")] },
    { users: [user(3, "nora")] },
    [
      { path: ["users", { id: 1, title: "mira" }], kind: "removed", before: user(1, "mira") },
      { path: ["users", { id: 3, title: "nora" }], kind: "added", after: user(3, "nora") },
    ],
  ],
  [
    "items without an id are matched by value",
    { keys: ["one", "two"] },
    { keys: ["two", "three"] },
    [
      { path: ["keys"], kind: "removed", before: "one" },
      { path: ["keys"], kind: "added", after: "three" },
    ],
  ],
  [
    "repeated items are counted",
    { keys: ["a"] },
    { keys: ["a", "a"] },
    [{ path: ["keys"], kind: "added", after: "a" }],
  ],
  [
    "items without an id are equal whatever the order of their fields",
    { lines: [{ a: 1, b: { c: 2, d: 3 } }] },
    { lines: [{ b: { d: 3, c: 2 }, a: 1 }, "new"] },
    [{ path: ["lines"], kind: "added", after: "new" }],
  ],
  [
    "a changed order is one difference",
    { keys: ["a", "b"] },
    { keys: ["b", "a"] },
    [{ path: ["keys"], kind: "changed", before: ["a", "b"], after: ["b", "a"] }],
  ],
  [
    "names of inherited properties are ordinary field names",
    {},
    { constructor: "x" },
    [{ path: ["constructor"], kind: "added", after: "x" }],
  ],
])("%s", (_guarantee, before, after, differences) => {
  expect(diffTrees(before, after)).toEqual(differences);
});

const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, true, 1, "a", "b"),
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "id"), tie("tree"), { noNullPrototype: true }),
  ),
}));

const opposite = { added: "removed", removed: "added", changed: "changed" } as const;

test("a tree does not differ from itself, and both directions have the same differences", () => {
  fc.assert(
    fc.property(tree, tree, (one, other) => {
      expect(diffTrees(one, structuredClone(one))).toEqual([]);
      const sort = (differences: readonly Difference[]): readonly string[] =>
        differences
          .map(({ path, kind, before = "none", after = "none" }) =>
            JSON.stringify([path.map(idOf), kind, before, after]),
          )
          .toSorted();
      const reversed = diffTrees(other, one).map(({ path, kind, ...sides }) => ({
        path,
        kind: opposite[kind],
        ...("after" in sides ? { before: sides.after } : {}),
        ...("before" in sides ? { after: sides.before } : {}),
      }));
      expect(sort(reversed)).toEqual(sort(diffTrees(one, other)));
    }),
  );
});

test("lists of ten thousand texts that all differ are compared within three seconds", () => {
  const texts = (letter: string): readonly string[] => Array.from({ length: 10_000 }, (_, at) => `${letter}${at}`);
  const startedMs = performance.now();
  expect(diffTrees({ tags: texts("a") }, { tags: texts("b") })).toHaveLength(20_000);
  expect(performance.now() - startedMs).toBeLessThan(3000);
});

/** Returns the step without its title: a title is that of the later item, so it depends on the direction. */
const idOf = (step: Difference["path"][number]): string | number => (typeof step === "string" ? step : step.id);
