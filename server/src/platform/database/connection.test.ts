import pg from "pg";
import { expect, test } from "vitest";
import {
  NoConnection,
  classifyDatabaseError,
  databaseLocation,
  explainConnectionError,
  parseDatabaseUrl,
} from "./connection.ts";

/** Returns the address that the driver connects to for each host. */
function placesOf(text: string): readonly string[] {
  const parsed = parseDatabaseUrl(text);
  if ("wrong" in parsed) return [parsed.wrong];
  return parsed.urls.map((url) => {
    const { host, port, user, database } = new pg.Client({ connectionString: url });
    return `${user}@${host}:${port}/${database}`;
  });
}

test.each([
  ["postgresql://u:p@db/bellwire", ["u@db:5432/bellwire"]],
  ["postgres://u:p%40q@db:6000/bellwire", ["u@db:6000/bellwire"]],
  ["postgresql://u:p@a,b:6000,c/bellwire", ["u@a:5432/bellwire", "u@b:6000/bellwire", "u@c:5432/bellwire"]],
  ["postgresql://u:p@[::1]:6000,10.0.0.2/bellwire", ["u@::1:6000/bellwire", "u@10.0.0.2:5432/bellwire"]],
  ["postgresql://u:p@/bellwire?host=a,b&port=6000,6001", ["u@a:6000/bellwire", "u@b:6001/bellwire"]],
  ["postgresql://u:p@/bellwire?host=a,b&port=6000", ["u@a:6000/bellwire", "u@b:6000/bellwire"]],
  ["postgresql://u:p@/bellwire?host=%2Frun%2Fpostgres", ["u@/run/postgres:5432/bellwire"]],
  ["postgresql://u:p@a,b/bellwire?target_session_attrs=read-write", ["u@a:5432/bellwire", "u@b:5432/bellwire"]],
  ["postgresql://u:p@q+%%@db/bellwire", ["u@db:5432/bellwire"]],
  ["postgresql://db/bellwire?user=u@server&sslmode=disable", ["u@server@db:5432/bellwire"]],
])("%s connects to %j, in this order", (text, places) => expect(placesOf(text)).toEqual(places));

test.each([
  ["mysql://u:p@db/bellwire", "must start with postgresql://"],
  ["postgresql://a/b?target_session_attrs=standby", "Bellwire writes"],
  ["postgresql://a/b?target_session_attrs=master", "none of any, primary and read-write"],
  ["postgresql://a/b?sslmode=maybe", "none of disable, no-verify"],
  ["postgresql:///b?host=a,b,c&port=1,2", "not one for each host"],
  ["postgresql://u:p/q@db/bellwire", "percent-encode"],
  ["postgresql://u:1/q@db/bellwire", "percent-encode"],
  ["postgresql://u:p?q@db/bellwire", "percent-encode"],
  ["postgresql://u:1?q@db/bellwire", "percent-encode"],
  ["postgresql://u:p#q@db/bellwire", "percent-encode"],
  ["postgresql://u:1#q@db/bellwire", "percent-encode"],
  ["postgresql://u:p%e9@db/bellwire", "percent-encode"],
  ["postgresql://u:p@db:99999/bellwire", "ports from 1 to 65535"],
  ["postgresql://u:p@a,b:port/bellwire", "ports from 1 to 65535"],
  ["postgresql:///b?host=a&port=99999", "ports from 1 to 65535"],
])("%s is refused with the reason: %s", (text, words) =>
  expect(placesOf(text)).toEqual([expect.stringContaining(words)]),
);

test.each([
  ["", false],
  ["?target_session_attrs=any", false],
  ["?target_session_attrs=primary", false],
  ["?target_session_attrs=read-write", true],
])("with %j a writable server is required: %s", (query, mustWrite) => {
  expect(parseDatabaseUrl(`postgresql://a,b/c${query}`)).toMatchObject({ mustWrite });
});

test.each(["prefer", "require", "verify-ca", "verify-full"])("sslmode=%s verifies the certificate", (mode) => {
  expect(parseDatabaseUrl(`postgresql://a/c?sslmode=${mode}`)).toMatchObject({
    urls: ["postgresql://a/c?sslmode=verify-full"],
  });
});

test("a database location contains no password", () => {
  expect(databaseLocation("postgresql://u:hunter2@a,b:1/c?sslmode=require")).toBe("a,b:1/c");
  expect(databaseLocation("postgresql://u:hunter2@/c?host=/run")).toBe("/run/c");
});

const withCode = (code: string, more: object = {}): Error => Object.assign(new Error("it failed"), { code, ...more });

test.each([
  "57P01",
  "57P02",
  "57P03",
  "57P04",
  "08006",
  "0A000",
  "26000",
  "53200",
  "53300",
  "57014",
  "25P04",
  "58030",
  "28000",
  "28P01",
  "3D000",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
])("error code %s classifies as away", (code) => expect(classifyDatabaseError(withCode(code))).toBe("away"));

test.each([
  "Connection terminated unexpectedly",
  "timeout exceeded when trying to connect",
  "timeout expired",
  "Query read timeout",
  "Client has encountered a connection error and is not queryable",
])("the driver's error “%s” classifies as away", (words) =>
  expect(classifyDatabaseError(new Error(words))).toBe("away"),
);

test("a connection error classifies as away, or as full if the disk is full", () => {
  expect(classifyDatabaseError(new NoConnection(withCode("CERT_HAS_EXPIRED")))).toBe("away");
  expect(classifyDatabaseError(new NoConnection(new Error("The server does not support SSL connections")))).toBe(
    "away",
  );
  expect(classifyDatabaseError(new NoConnection(withCode("53100")))).toBe("full");
});

test("a full disk classifies as full, not away", () => expect(classifyDatabaseError(withCode("53100"))).toBe("full"));

test.each(["40001", "40P01", "42501", "3F000", "42P01", "42703", "42883", "53400", "58P01"])(
  "error code %s, which an administrator causes, classifies as refused",
  (code) => expect(classifyDatabaseError(withCode(code))).toBe("refused"),
);

test("a missing socket classifies as away, and another missing file has no class", () => {
  expect(classifyDatabaseError(withCode("ENOENT", { syscall: "connect" }))).toBe("away");
  expect(classifyDatabaseError(withCode("ENOENT", { syscall: "open" }))).toBeUndefined();
});

test("errors of a statement or of the code have no class", () => {
  for (const code of ["23505", "22P02", "55P03"]) expect(classifyDatabaseError(withCode(code))).toBeUndefined();
  expect(classifyDatabaseError(new TypeError("undefined is not a function"))).toBeUndefined();
  expect(classifyDatabaseError("a text")).toBeUndefined();
});

test.each([
  [withCode("SELF_SIGNED_CERT_IN_CHAIN"), "sslrootcert=/path/ca.pem in the connection string (it failed)"],
  [withCode("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), "sslrootcert=/path/ca.pem"],
  [withCode("ERR_TLS_CERT_ALTNAME_INVALID"), "is for another name"],
  [withCode("CERT_HAS_EXPIRED"), "is not valid today"],
  [withCode("ENOENT", { syscall: "open" }), "a file that the connection string names cannot be read (it failed)"],
  [new NoConnection(withCode("CERT_HAS_EXPIRED")), "is not valid today"],
  [new Error("The server does not support SSL connections"), "sslmode=disable"],
  [withCode("28000", { message: "no pg_hba.conf entry for host x, no encryption" }), "sslmode=verify-full"],
  [withCode("ECONNREFUSED"), "it failed"],
])("%j is explained with its remedy", (error, remedy) => expect(explainConnectionError(error)).toContain(remedy));
