import { expect, test } from "vitest";
import { NoConnection, troubleOf } from "./database-trouble.ts";

const withCode = (code: string, more: object = {}): Error => Object.assign(new Error("it failed"), { code, ...more });

test.each([
  "57P01",
  "57P02",
  "57P03",
  "57P04",
  "08006",
  "53200",
  "53300",
  "57014",
  "58030",
  "28000",
  "28P01",
  "3D000",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
])("with %s the database is away", (code) => expect(troubleOf(withCode(code))).toBe("away"));

test.each([
  "Connection terminated unexpectedly",
  "timeout exceeded when trying to connect",
  "timeout expired",
  "Query read timeout",
  "Client has encountered a connection error and is not queryable",
])("when the driver says “%s”, the database is away", (words) => expect(troubleOf(new Error(words))).toBe("away"));

test("whatever keeps a connection from coming about, the database is away; without room it is full", () => {
  expect(troubleOf(new NoConnection(withCode("CERT_HAS_EXPIRED")))).toBe("away");
  expect(troubleOf(new NoConnection(new Error("The server does not support SSL connections")))).toBe("away");
  expect(troubleOf(new NoConnection(withCode("53100")))).toBe("full");
});

test("a database without room is full, not away", () => expect(troubleOf(withCode("53100"))).toBe("full"));

test("a socket that is not there is a database that is away; another file that is missing is a mistake", () => {
  expect(troubleOf(withCode("ENOENT", { syscall: "connect" }))).toBe("away");
  expect(troubleOf(withCode("ENOENT", { syscall: "open" }))).toBeUndefined();
});

test("what a statement did wrong is no trouble of the database's", () => {
  for (const code of ["23505", "42P01", "40P01"]) expect(troubleOf(withCode(code))).toBeUndefined();
  expect(troubleOf(new TypeError("undefined is not a function"))).toBeUndefined();
  expect(troubleOf("a text")).toBeUndefined();
});
