import { expect, test } from "vitest";
import {
  createSpecificationValidator,
  isInteractive,
  serverOrigins,
  shapeErrors,
  versionOf,
} from "./specification-document.ts";

test.for([
  [{ openapi: "3.0.3" }, "3.0", true],
  [{ openapi: "3.1.0", swagger: "2.0" }, "3.1", true],
  [{ swagger: "2.0" }, "2.0", true],
  [{ swagger: 2 }, "2.0", true],
  [{ swaggerVersion: "1.2" }, "1.2", false],
  [{ apis: [] }, "1.0", false],
  [{ openapi: ["3.0"] }, "1.0", false],
  [null, "1.0", false],
] as const)("the version of %j is %s", ([document, version, interactive]) => {
  expect([versionOf(document), isInteractive({ version })]).toEqual([version, interactive]);
});

test.for([
  [{ openapi: "3.0.0" }, []],
  [{ servers: [{ url: "https://api.fjord.example/v1" }, { url: "/v2" }] }, ["https://api.fjord.example"]],
  [
    {
      servers: [{ url: "https://a.example:8443" }],
      paths: {
        "/x": { servers: [{ url: "http://b.example" }], get: { servers: [{ url: "https://c.example/a?b" }] } },
      },
    },
    ["https://a.example:8443", "http://b.example", "https://c.example"],
  ],
  [
    {
      servers: [
        {
          url: "{scheme}://{place}.example/{base}",
          variables: {
            scheme: { default: "https" },
            place: { default: "eu", enum: ["eu", "us"] },
            base: { default: "v1" },
          },
        },
      ],
    },
    ["https://eu.example", "https://us.example"],
  ],
  [{ swagger: "2.0", host: "api.example:444", schemes: ["https"], basePath: "/v1" }, ["https://api.example:444"]],
  [{ swagger: "2.0", host: "api.example" }, ["https://api.example", "http://api.example"]],
  // Words with a meaning in a Content-Security-Policy, and other schemes.
  [
    {
      servers: [
        "https://*",
        "https://*.example",
        "javascript:alert(1)",
        "wss://a.example",
        "https://a; script-src *",
      ].map((url) => ({ url })),
    },
    [],
  ],
  [{ swagger: "2.0", host: "a.example; script-src *", schemes: ["https", "data"] }, []],
  // Such documents can be stored without validation.
  [null, []],
  [{ servers: "none", paths: [{ servers: {} }, null] }, []],
  [{ servers: [null, "https://a.example", {}, { url: 7 }], paths: { "/x": null, "/y": { get: null } } }, []],
  [{ servers: [null, { a: null }].map((variables) => ({ url: "https://{a}.example", variables })) }, []],
  [{ servers: [{ url: "https://{a}.example", variables: { a: { enum: [7, "us"] } } }] }, ["https://us.example"]],
  [{ swagger: "2.0", host: 7 }, []],
] as const)("the servers of %j are at %j", ([document, origins]) => {
  expect(serverOrigins(document)).toEqual(origins);
});

test("no more servers than a header can hold are named, however many there are", () => {
  const choices = Array.from({ length: 200 }, (_, place) => `${place}`);
  const variables = Object.fromEntries("abcdef".split("").map((name) => [name, { default: "0", enum: choices }]));
  const url = "https://{a}{b}{c}{d}{e}{f}.example";
  expect(serverOrigins({ servers: [{ url, variables }, { url: "https://last.example" }] })).toHaveLength(50);
});

test("a large body of an accepted shape is parsed in a fraction of a second, and one that would take longer is refused", () => {
  const operations = Object.fromEntries(
    Array.from({ length: 9000 }, (_, at) => [`/path/${at}`, { get: { tags: ["a"] } }]),
  );
  const bodies = [
    "x".repeat(1_000_000).padStart(1_000_001, '"').concat('"'),
    `[${Array.from({ length: 90 }, () => `[${"0,".repeat(5000)}0]`).join()}]`,
    JSON.stringify({ operations, more: operations }),
  ];
  for (const body of bodies) {
    const before = process.threadCpuUsage();
    expect(shapeErrors(body)).toEqual([]);
    JSON.parse(body);
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(250); // 20 on an idle machine
  }
  expect(shapeErrors("[".repeat(500_000))).toEqual([expect.stringContaining("nested too deeply")]);
});

const manyOf = (count: number, item: (place: number) => string) => Array.from({ length: count }, (_, at) => item(at));
const named = (names: readonly string[], variable: object) => Object.fromEntries(names.map((name) => [name, variable]));
const names = manyOf(2000, String);
const tokens = names.map((name) => `{${name}}`).join("");
const choices = { default: "x", enum: manyOf(50, String) };

// Each took seconds, or more memory than a text can have. Anybody may open the page.
test.for([
  ["many variables in a long address", { url: tokens + "x".repeat(20_000), variables: named(names, choices) }],
  ["many variables in a short address", { url: `https://${tokens.slice(0, 280)}`, variables: named(names, choices) }],
  [
    "a long variable many times",
    { url: "{a}".repeat(10_000), variables: named(["a"], { default: "x".repeat(200_000) }) },
  ],
  ["a variable many times", { url: "{a}".repeat(100), variables: named(["a"], { default: "x".repeat(300) }) }],
] as const)("the origins of a document with %s are found at once", ([, server]) => {
  const servers = [...manyOf(300, String).map((path) => ({ ...server, url: `${server.url}.${path}` })), server];
  const before = process.threadCpuUsage();
  expect(serverOrigins({ servers })).toEqual([]);
  const { user, system } = process.threadCpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(500);
});

test("the servers of an API are found behind a thousand operations that name the same one", () => {
  const same = { servers: [{ url: "https://{a}.example/v1", variables: { a: { default: "eu" } } }] };
  const paths = Object.fromEntries(manyOf(1000, (at) => `/${at}`).map((path) => [path, { get: same }]));
  const last = { get: { servers: [{ url: "https://last.example" }] } };
  expect(serverOrigins({ ...same, paths: { ...paths, "/last": last } })).toEqual([
    "https://eu.example",
    "https://last.example",
  ]);
});

const validate = createSpecificationValidator();
const openApi = (more: object) => ({ openapi: "3.0.3", info: { title: "Tides", version: "1" }, paths: {}, ...more });

/** JSON that `JSON.stringify` could not write. */
const nested = (depth: number): string =>
  JSON.stringify(openApi({ components: { schemas: { Deep: 0 } } })).replace(
    ":0",
    `:${'{"properties":{"a":'.repeat(depth)}{}${"}}".repeat(depth)}`,
  );

test.for([
  ["OpenAPI 3.0", JSON.stringify(openApi({})), []],
  ["OpenAPI 3.1", JSON.stringify(openApi({ openapi: "3.1.0" })), []],
  ["Swagger 2.0", '{"swagger":"2.0","info":{"title":"Tides","version":"1"},"paths":{}}', []],
  ["Swagger 1.0", '{"apis":[]}', []],
  ["no list of APIs", "{}", ["JSON Spec is invalid"]],
  ["an unknown version", '{"openapi":"4.0.0"}', [expect.stringMatching(/invalid/), expect.stringMatching(/version/)]],
  [
    "a missing title",
    '{"openapi":"3.0.3","info":{"version":"1"},"paths":{}}',
    ["JSON Spec is invalid", "/info must have required property 'title'"],
  ],
  [
    "an unknown property deep inside",
    JSON.stringify(openApi({ paths: { "/tides": { get: { responses: { 200: { description: "OK", extra: 1 } } } } } })),
    ["JSON Spec is invalid", "/paths/~1tides/get/responses/200 must NOT have additional properties: extra"],
  ],
  [
    "a remote reference, which is not fetched",
    JSON.stringify(openApi({ paths: { "/tides": { $ref: "http://127.0.0.1:1/tides.json" } } })),
    ["JSON Spec is invalid", expect.stringContaining("only internal refs are supported")],
  ],
  [
    "a reference to itself",
    JSON.stringify(openApi({ components: { schemas: { A: { $ref: "#/components/schemas/A" } } } })),
    [],
  ],
  ["5,000 levels", nested(5000), ["JSON Spec is invalid", expect.stringMatching(/deep|stack/)]],
] as const)("the validation of %s", async ([, body, errors]) => {
  expect(await validate(1, body, JSON.parse(body))).toEqual(errors);
});

/** Gives up earlier than in production. */
const hasty = createSpecificationValidator(1000);

test("the validation of a hostile document ends in time, and leaves other work of the process undisturbed", async () => {
  // Each is compared with each: half a minute.
  const body = JSON.stringify(openApi({ tags: Array.from({ length: 40_000 }, (_, place) => ({ name: `t${place}` })) }));
  const before = process.threadCpuUsage();
  const errors = await hasty(1, body, JSON.parse(body));
  const { user, system } = process.threadCpuUsage(before);
  expect(errors).toEqual(["JSON Spec is invalid", expect.stringContaining("too complex")]);
  expect((user + system) / 1000).toBeLessThan(500);
  expect(await hasty(1, '{"openapi":"4.0.0"}', { openapi: "4.0.0" })).toEqual([
    "JSON Spec is invalid",
    expect.anything(),
  ]);
});

test("a busy processor does not make an ordinary document too complex", async () => {
  const body = JSON.stringify(openApi({}));
  const errors = hasty(1, body, JSON.parse(body));
  await new Promise(setImmediate); // the thread starts, or gets the document
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1100); // the process does something else
  expect(await errors).toEqual([]);
});

test("a document that takes too much memory is refused as too complex", async () => {
  // The validator keeps the path of each reference.
  const references = Array.from({ length: 10_000 }, () => ({ $ref: "#/info" }));
  const body = JSON.stringify(openApi({ "x-a": { ["a".repeat(500_000)]: references } }));
  expect(await validate(1, body, JSON.parse(body))).toEqual([
    "JSON Spec is invalid",
    expect.stringContaining("too complex"),
  ]);
  const fine = JSON.stringify(openApi({}));
  expect(await validate(2, fine, JSON.parse(fine))).toEqual([]);
});
