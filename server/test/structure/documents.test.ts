import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";

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

/** A semicolon ends a statement of Mermaid, so what follows it became states of their own. Long labels make a diagram unreadably small. */
const transition = /^ +(?:(?:\[\*\]|\w+) --> (?:\[\*\]|\w+)(?:: [^;:]{1,24})?|state \w+ \{|\})$/;

test("the state diagrams of documents have only states, and transitions with short labels", () => {
  const diagrams = documents.flatMap((path) =>
    Array.from(read(path).matchAll(/```mermaid\nstateDiagram-v2\n([\s\S]*?)\n```/g), ([, lines = ""]) =>
      lines.split("\n"),
    ),
  );
  expect(diagrams.length).toBeGreaterThan(2);
  expect(diagrams.flat().filter((line) => !transition.test(line))).toEqual([]);
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

test("the runbook about missing webhooks explains each gate", () => {
  const { components } = JSON.parse(read("docs/reference/bellwire-api.openapi.json"));
  const gates: readonly string[] = components.schemas.Gate.enum;
  const rows = Array.from(
    read("docs/runbooks/did-you-send-it.md").matchAll(/^\| `(\w+)` \|/gm),
    ([, gate = ""]) => gate,
  );
  expect(rows.toSorted()).toEqual(gates.toSorted());
});

test("settings, metrics and alerts that documents name exist", () => {
  const sources = globSync("{server,receiver,examples,deploy}/**/*.{ts,tsx,js,yaml,py,go,java,rb,php}", {
    cwd: root,
    exclude: (path) => path.includes("node_modules") || path.includes("/dist"),
  }).map(read);
  const known = new Set(sources.flatMap((text) => text.match(/\b(?:BELLWIRE_|bellwire_|Bellwire)\w+/g) ?? []));
  const isKnown = (name: string): boolean =>
    known.has(name) || (name.endsWith("_") && [...known].some((other) => other.startsWith(name)));
  const named = documents.flatMap((path) =>
    Array.from(
      // Statements name roles that an operator chooses.
      read(path)
        .replaceAll(/```sql[\s\S]*?```/g, "")
        .matchAll(/\b(?:BELLWIRE_|bellwire_|Bellwire[A-Z])\w+/g),
      ([name]) => ({ path, name }),
    ),
  );
  expect(named.length).toBeGreaterThan(200);
  expect(named.filter(({ name }) => !isKnown(name))).toEqual([]);
});

const withoutFormat = (path: string): string => path.replace(/\.(?:json|xml|\{format\})$/, "");

test("requests in documents are operations of an API", () => {
  const operations = ["bellwire-api", "account-management-api"].flatMap((api) =>
    Object.keys(JSON.parse(read(`docs/reference/${api}.openapi.json`)).paths),
  );
  const patterns = operations.map((path) => new RegExp(`^${withoutFormat(path).replaceAll(/\{\w+\}/g, "[^/]+")}$`));
  const requests = documents
    .filter((path) => !path.startsWith("docs/decisions/"))
    .flatMap((path) =>
      Array.from(
        read(path).matchAll(
          /(?:\$BELLWIRE|`(?:GET|POST|PUT|PATCH|DELETE) )(\/(?:api|admin)\/[\w./${}-]*[\w}])(?![\w/|])/g,
        ),
        ([, request = ""]) => ({ path, request: withoutFormat(request) }),
      ),
    );
  expect(requests.length).toBeGreaterThan(50);
  expect(requests.filter(({ request }) => !patterns.some((pattern) => pattern.test(request)))).toEqual([]);
});

test("documents state the number of operations of the Account Management API", () => {
  const paths: Readonly<Record<string, object>> = JSON.parse(
    read("docs/reference/account-management-api.openapi.json"),
  ).paths;
  const count = Object.values(paths).flatMap((path) =>
    Object.keys(path).filter((key) => /^(?:get|put|patch|post|delete)$/.test(key)),
  ).length;
  const stated = ["CHANGELOG.md", "docs/guides/migrate-from-3scale.md"].map(
    (path) => /(\d+) operations/.exec(read(path))?.[1],
  );
  expect(stated).toEqual([String(count), String(count)]);
});

/** First words that are no commands: the help itself, the line of a start, and the name in a process list. */
const noCommands = new Set(["help", "ready", "engine-process"]);

test("commands in documents are in the help, with their options", () => {
  const usages = commands.map(({ usage }) => usage);
  const lines = documents.flatMap((path) =>
    Array.from(
      read(path)
        .replaceAll("\\\n", " ")
        .matchAll(/(?:^|[`(])\s*(?:(?:npm exec|npx) )?bellwire (?:-- )?([a-z][^`\n|#]*)/gm),
      ([, line = ""]) => ({ path, line: line.trim() }),
    ),
  );
  const isInHelp = (line: string): boolean => {
    const [verb = "", noun = ""] = line.split(" ");
    const options = line.match(/--[a-z][\w-]*/g) ?? [];
    if (noCommands.has(verb)) return true;
    return usages.some(
      (usage) =>
        `${usage} `.startsWith(/^[a-z]+$/.test(noun) ? `${verb} ${noun} ` : `${verb} `) &&
        options.every((option) => usage.includes(option)),
    );
  };
  expect(lines.length).toBeGreaterThan(60);
  expect(lines.filter(({ line }) => !isInHelp(line))).toEqual([]);
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
