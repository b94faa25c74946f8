import { TypeBoxValidatorCompiler } from "@fastify/type-provider-typebox";
import fastify, { type FastifyInstance } from "fastify";
import { Type } from "typebox";
import { expect, test } from "vitest";
import { QueueFull } from "#platform/fair-queue.ts";
import { errorsReference } from "../../../../scripts/errors-reference.ts";
import { answerErrorsAsProblems, Problem, type ProblemCode, problems } from "./problem.ts";

const Thing = Type.Object(
  {
    url: Type.String({ maxLength: 10 }),
    format: Type.Optional(Type.String({ enum: ["json", "3scale"] })),
    headers: Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: 3 }))),
    at: Type.Optional(Type.String({ format: "date-time" })),
  },
  { additionalProperties: false },
);

function openServer(thrown?: Error): FastifyInstance {
  const http = fastify().setValidatorCompiler(TypeBoxValidatorCompiler);
  answerErrorsAsProblems(http);
  const ids = Type.Array(Type.String({ format: "uuid" }));
  http.get("/found", { schema: { querystring: Type.Object({ id: ids }) } }, async () => ({}));
  http.post("/things", { schema: { body: Thing } }, async () => {
    if (thrown) throw thrown;
    return {};
  });
  return http;
}

const post = async (payload: string | object, { thrown, type }: { thrown?: Error; type?: string } = {}) =>
  openServer(thrown).inject({
    method: "POST",
    url: "/things",
    payload,
    headers: { "content-type": type ?? "application/json" },
  });

test("a problem response contains type, title, status, code and request id", async () => {
  const answer = await post({ url: "x" }, { thrown: new Problem("not-found") });

  expect(answer.statusCode).toBe(404);
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  expect(answer.json()).toEqual({
    type: "urn:bellwire:problem:not-found",
    title: "Not found.",
    status: 404,
    code: "not-found",
    request_id: "req-1",
  });
});

test.each<[string, string | object, string]>([
  ["a missing field", {}, "url"],
  ["a text that is too long", { url: "x".repeat(11) }, "url"],
  ["an unknown choice", { url: "x", format: "yaml" }, "format"],
  ["an unknown field", { url: "x", colour: "red" }, "colour"],
  ["an invalid nested value", { url: "x", headers: { a: "long" } }, "headers.a"],
])("%s is refused with an error at its field", async (_kind, payload, field) => {
  const answer = await post(payload);

  expect([answer.statusCode, answer.json().code]).toEqual([422, "invalid"]);
  expect(Object.keys(answer.json().errors)).toEqual([field]);
});

test("an invalid time is refused with an example", async () => {
  expect((await post({ url: "x", at: "tomorrow" })).json().errors).toEqual({
    at: ["must be a time with a zone, such as 2026-03-01T09:00:00Z"],
  });
});

test("errors of a query name the parameter as sent", async () => {
  expect((await openServer().inject("/found?id=1&id=2")).json().errors).toEqual({
    id: ["must be a UUID"],
  });
});

test.each<[ProblemCode, number, string, string]>([
  ["request-unreadable", 400, '{"url":', "application/json"],
  ["media-type-unsupported", 415, "<url/>", "application/xml"],
  ["body-too-large", 413, JSON.stringify({ url: "x".repeat(1024 * 1024) }), "application/json"],
])("the problem %s has status %i", async (code, status, payload, type) => {
  const answer = await post(payload, { type });

  expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
});

test("an unexpected error is answered with 500 and no detail of it", async () => {
  const answer = await post({ url: "x" }, { thrown: new Error("password=hunter2") });

  expect([answer.statusCode, answer.json().code]).toEqual([500, "internal"]);
  expect(answer.body).not.toContain("hunter2");
});

test("work that no queue takes is answered with 503 and the time of the next attempt", async () => {
  const answer = await post({ url: "x" }, { thrown: new QueueFull(3) });

  expect([answer.statusCode, answer.json().code, answer.headers["retry-after"]]).toEqual([503, "too-busy", "3"]);
});

test("a statement that the database refuses because of its administrator is answered with 503", async () => {
  const thrown = Object.assign(new Error("permission denied for table events"), { code: "42501" });
  const answer = await post({ url: "x" }, { thrown });

  expect([answer.statusCode, answer.json().code, answer.headers["retry-after"]]).toEqual([503, "database-away", "60"]);
  expect(answer.json().title).toMatch(/^The database refuses this at the moment\./);
});

test.each([
  ["Key (provider_id, name)=(1, crm) already exists.", { name: ["has already been taken"] }],
  ["Key (provider_id, lower(email::text))=(1, a@b.example) already exists.", { email: ["has already been taken"] }],
  [undefined, undefined],
])("a unique violation is answered with 409 and the field without its value: %s", async (detail, errors) => {
  const thrown = Object.assign(new Error("duplicate key"), { code: "23505", detail });
  const answer = await post({ url: "x" }, { thrown });

  expect([answer.statusCode, answer.json().code, answer.json().errors]).toEqual([409, "conflict", errors]);
  expect(answer.body).not.toContain("crm");
});

test("a reference to an object deleted concurrently is answered with 404", async () => {
  const answer = await post({ url: "x" }, { thrown: Object.assign(new Error("foreign key"), { code: "23503" }) });

  expect([answer.statusCode, answer.json().code]).toEqual([404, "not-found"]);
});

test("OPTIONS and any unsupported method return the path's allowed methods", async () => {
  const answer = await openServer().inject({ method: "DELETE", url: "/things?a=b" });
  expect([answer.statusCode, answer.headers.allow]).toEqual([405, "POST"]);
  expect(answer.json()).toMatchObject({ status: 405, code: "method-unknown" });
  const options = await openServer().inject({ method: "OPTIONS", url: "/things" });
  expect([options.statusCode, options.headers.allow, options.body]).toEqual([204, "POST", ""]);
  expect((await openServer().inject({ method: "OPTIONS", url: "/things/1" })).statusCode).toBe(404);
});

test("unknown paths, exceeded limits and unknown hosts have their own problem responses", async () => {
  const wait = new Problem("too-many-bad-credentials", { retryAfterSeconds: 7 });

  expect((await openServer().inject("/nowhere")).json()).toMatchObject({ status: 404, code: "not-found" });
  expect((await post({ url: "x" }, { thrown: wait })).headers["retry-after"]).toBe("7");
  expect((await post({ url: "x" }, { thrown: new Problem("host-unknown") })).json()).toMatchObject({
    status: 403,
    code: "wrong-host",
  });
});

test("the errors reference has a section with status and title for every code", () => {
  for (const [code, { status, title }] of Object.entries(problems)) {
    expect(errorsReference()).toMatch(new RegExp(`^## ${code}\\n\\n\`${status} [A-Z][A-Za-z ]+\`\\. `, "m"));
    expect(errorsReference()).toContain(title);
  }
});
