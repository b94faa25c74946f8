import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/**
 * State belongs to objects that are created and passed: a second process, pool or test then has its own. Constants of a
 * module are tables that nothing changes.
 */

const source = fileURLToPath(new URL("../../src/", import.meta.url));

const files = globSync("**/*.ts", { cwd: source, exclude: ["**/*.test.ts"] }).map((path) => ({
  path,
  text: readFileSync(source + path, "utf8"),
}));

/** A collection that starts empty is filled later. Weak collections and caches always are. */
const emptyCollection =
  /^(?:Weak(?:Map|Set)|LRUCache|AsyncLocalStorage)\b|^(?:Map|Set|Array)(?:<[^()]*>)?\(\)|^\[\];|^\{\};/;

const changingMethods = "set|add|delete|clear|push|pop|shift|unshift|splice|sort|reverse|fill";

/** Returns the declarations at the top level of a file that hold state. */
function stateOf(text: string): readonly string[] {
  const variables = text.match(/^(?:export )?(?:let|var) \w+|^ +static (?!readonly\b)#?\w+\s*[:=]/gm) ?? [];
  // The compiler keeps constants of read-only types unchanged.
  const constants = [...text.matchAll(/^(?:export )?const (\w+)(?:: (?!readonly|Readonly)[^=]+)? = (?:new )?(.*)$/gm)];
  const changed = constants.filter(([, name = "", value = ""]) => {
    const isChanged = new RegExp(`\\b${name}\\.(?:${changingMethods})\\(`);
    const isAssigned = new RegExp(`^ *${name}(?:\\.\\w+|\\[[^\\]]+\\]) [-+*/?|&]*= .*;$`, "m");
    return emptyCollection.test(value) || isChanged.test(text) || isAssigned.test(text);
  });
  return [...variables, ...changed.map(([, name = ""]) => name)];
}

test("no module has mutable state", () => {
  expect(files.length).toBeGreaterThan(200);
  expect(files.flatMap(({ path, text }) => stateOf(text).map((name) => `${path}: ${name}`))).toEqual([]);
});

test.each([
  ["a variable", "let count = 0;", ["let count"]],
  ["a cache", "const plans = new LRUCache<string, Plan>({ max: 9 });", ["plans"]],
  ["a weak map", "export const nodes = new WeakMap<Plan, Node>();", ["nodes"]],
  ["an empty map", "const formats = new Map<string, Format>();", ["formats"]],
  ["an empty list", "const seen: string[] = [];", ["seen"]],
  ["a table that is changed", 'const codes = new Map([["a", 1]]);\ncodes.set("b", 2);', ["codes"]],
  ["a property that is assigned", "const counts = { sent: 0 };\ncounts.sent += 1;", ["counts"]],
  ["a static property", "class Ids {\n  static #last = 0;\n}", ["  static #last ="]],
  ["no table", 'const codes = new Set(["a", "b"]);\nconst isCode = (code: string) => codes.has(code);', []],
])("the rule finds %s", (_case, text, expected) => {
  expect(stateOf(text)).toEqual(expected);
});
