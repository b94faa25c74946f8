import { defineConfig } from "oxlint";
import { layers, mayImport } from "./import-law.ts";

/** Layers of which every file may be imported. All others are entered through their index.ts. */
const open = new Set<string>(["platform", "http-shared"]);

/** Layers of several folders, whose files import each other directly. */
const ofSeveralFolders = new Set<string>(["accounts"]);

/** Returns where imports of these layers may lead. Few rules of many layers: the plugin compares each import with each rule. */
const entrancesOf = (types: readonly string[]) =>
  [
    { type: types.filter((type) => !open.has(type)), fileInternalPath: "index.ts" },
    { type: types.filter((type) => open.has(type)) },
  ]
    .filter(({ type }) => type.length > 0)
    .map((element) => ({ to: { element } }));

export default defineConfig({
  plugins: ["eslint", "typescript", "unicorn", "oxc", "import", "promise", "node", "vitest"],
  jsPlugins: ["eslint-plugin-boundaries"],
  categories: { correctness: "error", suspicious: "error", perf: "error" },
  ignorePatterns: ["**/dist/**", "web/src/api/*.d.ts"],
  settings: {
    "import/resolver": { typescript: { project: "server/tsconfig.json" } }, // without it, #imports are not checked
    "boundaries/elements": layers.map(({ name, folder }) => ({ type: name, pattern: folder })),
  },
  rules: {
    // Layout.
    "boundaries/dependencies": [
      "error",
      {
        default: "disallow",
        policies: layers.map(({ name }) => ({
          from: { element: { type: name } },
          allow: [
            ...entrancesOf(mayImport(name)),
            ...(ofSeveralFolders.has(name) ? [{ to: { element: { type: name } } }] : []),
          ],
        })),
      },
    ],
    "import/no-cycle": "error",
    "unicorn/filename-case": ["error", { case: "kebabCase" }],

    // Size.
    "eslint/max-lines": ["error", { max: 500 }],
    "eslint/max-lines-per-function": ["error", { max: 50, skipBlankLines: true, skipComments: true }],
    "eslint/max-params": ["error", { max: 4 }],
    "eslint/max-depth": ["error", { max: 3 }],

    // Types.
    "typescript/no-explicit-any": "error",
    "typescript/no-non-null-assertion": "error",
    "typescript/no-unsafe-type-assertion": "error",
    "typescript/consistent-type-assertions": ["error", { assertionStyle: "never" }],
    "typescript/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
    // Node strips the names of `import { type X }`, and loads the module all the same.
    "typescript/no-import-type-side-effects": "error",
    "typescript/switch-exhaustiveness-check": "error",
    "typescript/no-misused-promises": "error",
    "typescript/only-throw-error": "error",
    "typescript/use-unknown-in-catch-callback-variable": "error",
    // Without `await`, what a function uses is closed before the promise that it returns settles.
    "typescript/return-await": ["error", "error-handling-correctness-only"],
    "typescript/consistent-return": "off", // wrong for exhaustive switches; tsc's noImplicitReturns does the job

    // Readability.
    "eslint/no-warning-comments": "error", // open work belongs in issues
    "eslint/eqeqeq": "error",
    "eslint/no-var": "error",
    "eslint/prefer-const": "error",
    "unicorn/prefer-node-protocol": "error",
    "import/no-default-export": "error",
    "unicorn/no-abusive-eslint-disable": "error",

    // Switched off.
    "eslint/no-await-in-loop": "off", // sequential work is often intended
    "eslint/no-control-regex": "off", // some patterns match control characters
    "eslint/no-underscore-dangle": "off", // `await using _engine` is never read
    "eslint/no-unmodified-loop-condition": "off", // does not see changes during an await
    "import/no-named-as-default": "off",
    "import/no-named-as-default-member": "off", // pg exports everything by default
    "oxc/no-map-spread": "off", // a changed copy is clearer, for microseconds
    "import/no-unassigned-import": ["error", { allow: ["**/*.css"] }],
    "oxc/no-async-endpoint-handlers": "off", // Fastify awaits them
    "promise/always-return": "off",
    "promise/no-callback-in-promise": "off",
    "unicorn/consistent-function-scoping": "off",
    "vitest/no-conditional-expect": "off", // property tests branch by case
    "vitest/no-standalone-expect": "off", // does not support fixtures
    "vitest/valid-expect": ["error", { maxArgs: 2 }],
  },
  overrides: [
    {
      files: ["server/src/**"], // time, randomness and the environment are arguments
      rules: {
        "eslint/no-restricted-globals": [
          "error",
          { globals: [{ name: "Date", message: "Take the time as an argument." }] },
        ],
        "eslint/no-restricted-properties": [
          "error",
          { object: "Math", property: "random", message: "Take randomness as an argument." },
        ],
        "node/no-process-env": "error",
        "eslint/no-console": "error",
      },
    },
    {
      files: ["clock", "times", "ids"].map((name) => `server/src/platform/${name}.ts`),
      rules: { "eslint/no-restricted-globals": "off", "eslint/no-restricted-properties": "off" },
    },
    { files: ["server/src/main.ts", "server/src/platform/config/**"], rules: { "node/no-process-env": "off" } },
    {
      files: ["web/**"],
      plugins: ["react", "jsx-a11y"],
      rules: {
        "eslint/max-lines-per-function": ["error", { max: 80, skipBlankLines: true, skipComments: true }], // markup
        "jsx-a11y/prefer-tag-over-role": "off",
        "react/react-in-jsx-scope": "off",
        "react/rules-of-hooks": "error",
        "eslint/no-restricted-imports": [
          "error",
          {
            name: "@tanstack/react-query",
            importNames: ["useMutation"],
            message: "Use useMutationOnce: a double click would send two requests.",
          },
        ],
        "eslint/no-restricted-properties": [
          "error",
          {
            object: "vi",
            property: "waitFor",
            message: "Use testing/wait-for.ts: a second is too short for a busy machine.",
          },
        ],
      },
    },
    { files: ["web/src/components/form/use-change.ts"], rules: { "eslint/no-restricted-imports": "off" } },
    { files: ["web/src/testing/wait-for.ts"], rules: { "eslint/no-restricted-properties": "off" } },
    { files: ["server/src/http/*/assets/*.js"], rules: { "eslint/no-restricted-globals": "off" } }, // runs in browsers
    { files: ["receiver/**"], rules: { "eslint/no-restricted-globals": "off" } }, // runs in receivers
    {
      files: ["receiver/examples/**", "examples/**"],
      rules: { "eslint/no-console": "off", "node/no-process-env": "off" },
    },
    { files: ["**/*.config.ts", "docs/site/.vitepress/**/*.ts"], rules: { "import/no-default-export": "off" } },
    {
      files: ["**/*.test.ts", "server/test/**"],
      rules: {
        "eslint/no-restricted-globals": "off",
        "node/no-process-env": "off",
        "eslint/max-lines-per-function": "off",
        "eslint/max-params": "off", // a row of a table
        "eslint/no-empty-pattern": "off", // a fixture without dependencies
        "import/no-default-export": "off", // vitest requires it for global set-up
      },
    },
  ],
});
