import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const documents = globSync("{*.md,{docs,bench,receiver,examples,server,web}/**/*.md}", {
  cwd: root,
  exclude: (path) => path.includes("node_modules") || path.startsWith("docs/site"),
});
const read = (path: string): string => readFileSync(join(root, path), "utf8");

test("every relative link of a document leads to an existing file", () => {
  expect(documents.length).toBeGreaterThan(40);
  const dead = documents.flatMap((path) =>
    Array.from(read(path).matchAll(/\]\((?!https?:)([^)#\s]+)/g), ([, target = ""]) => target)
      .filter((target) => !existsSync(join(root, dirname(path), target)))
      .map((target) => `${path}: ${target}`),
  );
  expect(dead).toEqual([]);
});

/** Messages in backquotes, without commands. Their variable parts (`…`, numbers, parentheses) separate the fragments. */
const messageFragments = (text: string): readonly string[] =>
  Array.from(text.replaceAll(/```[\s\S]*?```/g, "").matchAll(/`([^`\n]+)`/g), ([, quoted = ""]) => quoted)
    .filter((quoted) => !/^(?:bellwire|serve|npm|docker|cosign|oc|kubectl|psql|openssl|node) /.test(quoted))
    .flatMap((quoted) => quoted.split(/…|\d+|\([^)]*\)|;/))
    .map((fragment) => fragment.replaceAll(/^[ .]+|[ .]+$/g, ""))
    .filter((fragment) => fragment.split(" ").length >= 3);

test("every message that a runbook quotes exists in the source", () => {
  const sources = globSync("server/src/**/*.ts", { cwd: root })
    .filter((path) => !path.endsWith(".test.ts"))
    .map(read)
    .join("\n");
  const runbooks = documents.filter((path) => path.startsWith("docs/runbooks/"));
  const fragments = runbooks.flatMap((path) => messageFragments(read(path)).map((fragment) => ({ path, fragment })));
  expect(fragments.length).toBeGreaterThan(12);
  expect(fragments.filter(({ fragment }) => !sources.includes(fragment))).toEqual([]);
});

test("the decision on dependencies gives the reason for each", () => {
  const reasons = read("docs/decisions/0026-dependencies.md").toLowerCase();
  const manifests = globSync(["package.json", "{server,web,receiver,bench,examples/*}/package.json"], { cwd: root });
  const names = manifests.flatMap((path): string[] => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read(path));
    return Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
  });
  expect(names.length).toBeGreaterThan(50);
  const unexplained = names
    .filter((name) => !/^@(?:types|bellwire)\/|^node-/.test(name))
    // A package may be named by its scope, as in PatternFly.
    .filter(
      (name) =>
        !name
          .replace("@", "")
          .split("/")
          .some((part) => reasons.includes(part)),
    );
  expect(unexplained).toEqual([]);
});
