import pg from "pg";
import { expect, test } from "vitest";
import { parseDatabaseUrl, placeOf } from "./database-url.ts";

/** Where the driver connects to for each of the hosts. */
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
])("%s leads to %j, in that order", (text, places) => expect(placesOf(text)).toEqual(places));

test.each([
  ["mysql://u:p@db/bellwire", "must start with postgresql://"],
  ["postgresql://a/b?target_session_attrs=standby", "Bellwire writes"],
  ["postgresql://a/b?target_session_attrs=master", "none of any, primary and read-write"],
  ["postgresql://a/b?sslmode=maybe", "none of disable, no-verify"],
  ["postgresql:///b?host=a,b,c&port=1,2", "not one for each host"],
])("%s is refused in words", (text, words) => expect(placesOf(text)).toEqual([expect.stringContaining(words)]));

test.each([
  ["", false],
  ["?target_session_attrs=any", false],
  ["?target_session_attrs=primary", false],
  ["?target_session_attrs=read-write", true],
])("with %j it matters whether the primary writes: %s", (query, mustWrite) => {
  expect(parseDatabaseUrl(`postgresql://a,b/c${query}`)).toMatchObject({ mustWrite });
});

test.each(["prefer", "require", "verify-ca", "verify-full"])("with sslmode=%s the certificate is verified", (mode) => {
  expect(parseDatabaseUrl(`postgresql://a/c?sslmode=${mode}`)).toMatchObject({
    urls: ["postgresql://a/c?sslmode=verify-full"],
  });
});

test("a place is named without the password", () => {
  expect(placeOf("postgresql://u:hunter2@a,b:1/c?sslmode=require")).toBe("a,b:1/c");
  expect(placeOf("postgresql://u:hunter2@/c?host=/run")).toBe("/run/c");
});
