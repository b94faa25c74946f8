import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { exhaustedBy, exhaustedNow } from "./errors.ts";

const failed = (code: string, address?: string): Error => Object.assign(new Error(code), { code, address });

test.each(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"])(
  "%s is an exhausted local resource, not an error of the receiver",
  (code) => {
    expect(exhaustedBy(failed(code, "192.0.2.1"))).toEqual({ code, resource: "descriptors" });
  },
);

test("EADDRNOTAVAIL for an IPv4 address means exhausted local ports", () => {
  expect(exhaustedBy(failed("EADDRNOTAVAIL", "192.0.2.1"))).toEqual({ code: "EADDRNOTAVAIL", resource: "ports" });
});

test("among the errors of several addresses, a local exhaustion takes precedence", () => {
  const errors = [failed("ECONNREFUSED", "2001:db8::1"), failed("EMFILE", "192.0.2.1")];
  expect(exhaustedBy(new AggregateError(errors))).toEqual({ code: "EMFILE", resource: "descriptors" });
});

test.each(["ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ETIMEDOUT"])("%s is not a local exhaustion", (code) => {
  expect(exhaustedBy(failed(code, "192.0.2.1"))).toBeUndefined();
});

test("no exhaustion is reported while sockets can be opened", () => {
  expect(exhaustedNow()).toBeUndefined();
});

/** Looks up a name without a free descriptor, then with some. The name server's port is closed. */
const lookUp = `
  import { closeSync, openSync } from "node:fs";
  import { NameResolver } from ${JSON.stringify(new URL("network/name-resolver.ts", import.meta.url).href)};
  import { systemClock } from ${JSON.stringify(new URL("clock.ts", import.meta.url).href)};
  const { lookup } = new NameResolver({ clock: systemClock, servers: ["127.0.0.1:1"] });
  const codeOf = () => lookup("receiver.example").then(() => "found", (error) => error.code);
  const open = [];
  try { for (;;) open.push(openSync("/dev/null")); } catch {}
  const without = await codeOf();
  for (const descriptor of open) closeSync(descriptor);
  process.stdout.write(JSON.stringify([without, await codeOf()]));
`;

test("a look-up without a free descriptor fails with EMFILE and is not cached", async () => {
  const node = ["--input-type=module", "--eval", lookUp];
  const { stdout } = await promisify(execFile)("sh", [
    "-c",
    `ulimit -n 100 && exec "$@"`,
    "sh",
    process.execPath,
    ...node,
  ]);
  expect(JSON.parse(stdout)).toEqual(["EMFILE", "EAI_AGAIN"]);
});
