import { expect, test } from "vitest";
import { NameResolver } from "#platform/network/name-resolver.ts";
import { parseAllowedTargets } from "#platform/network/target-guard.ts";
import { chatFamilies } from "#webhooks/deliveries/index.ts";
import { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import { startNameServer } from "../../../test/support/name-server.ts";
import { checkEndpointUrl, checkHeaders, containsMask, maskEndpointUrl, maskUrl } from "./check-endpoint.ts";

const allowed = parseAllowedTargets("127.0.0.0/8");
if ("wrong" in allowed) throw new Error(allowed.wrong);

const rules = {
  allowed,
  isOwnBin: (url: URL) => url.href.startsWith("http://10.0.0.1/bins/"),
  lookup: async (hostname: string) => {
    if (hostname === "unknown.example") throw Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
    return [{ address: hostname === "inside.example" ? "10.1.2.3" : "93.184.215.14", family: 4 } as const];
  },
};

test.each([
  "",
  "example.com",
  "http:://banana",
  "http://",
  "http:a",
  "http:///path",
  String.raw`http://\ann:s3cret@example.com/`, // `URL` skips the backslash, and `maskUrl` would find no user information
  "https://exa mple.com",
  " https://example.com",
  "see https://example.com",
  "ftp://example.com",
  "javascript:alert(1)//http://example.com",
  "http://example.com:99999/",
  "http://example.com:0/",
  "http://example..com/",
  `http://${"a".repeat(64)}.example/`,
  `http://${"a.".repeat(130)}example/`,
  "http://example.com/\0",
  "http://example.com/\ud800",
  "http://example.com/a\r\nb",
])("the invalid URL %j is refused", async (url) => {
  expect(await checkEndpointUrl(url, rules)).toBe("Must be a valid URL such as http://example.com");
});

test.each([
  "https://example.com",
  "HTTP://EXAMPLE.com/hooks?secret=1&x",
  "https://ann:pass@example.com:8443/",
  "http://127.0.0.1:9000/allowed",
  "https://unknown.example/may-come-up-later",
  "https://bücher.example/",
  "https://example.com.:443/#part",
])("the valid URL %s is accepted", async (url) => {
  expect(await checkEndpointUrl(url, rules)).toBeUndefined();
});

test("the error of a private target names the address and the setting that can allow it", async () => {
  expect(await checkEndpointUrl("https://inside.example/x", rules)).toBe(
    "inside.example leads to 10.1.2.3, which is not a public address. " +
      "The operator can allow it with the setting BELLWIRE_ALLOWED_TARGETS",
  );
  expect(await checkEndpointUrl("http://192.168.0.1/", rules)).toMatch(/^Leads to 192\.168\.0\.1, which/);
});

test("the error hides the address from tenants, and the operator's log contains it", async () => {
  const hidden: object[] = [];
  const forTenants = { ...rules, hideAddress: (target: object) => void hidden.push(target) };
  expect(await checkEndpointUrl("https://inside.example/x", forTenants)).toBe(
    "inside.example leads to an address that is not allowed",
  );
  expect(hidden).toEqual([{ hostname: "inside.example", address: "10.1.2.3" }]);
});

test("own bins are accepted without permission, and their prefix allows no other URL", async () => {
  expect(await checkEndpointUrl("http://10.0.0.1/bins/abc", rules)).toBeUndefined();
  expect(await checkEndpointUrl("http://10.0.0.1/bins/../admin/api", rules)).toContain("BELLWIRE_ALLOWED_TARGETS");
});

test("a name whose look-up times out is accepted", async () => {
  await using names = await startNameServer(() => "silence");
  const clock = new HandDrivenClock();
  using resolver = new NameResolver({ clock, servers: [names.address] });
  const checking = checkEndpointUrl("http://silent.example/", { ...rules, lookup: resolver.lookup });
  await clock.advance(3000);
  expect(await checking).toBeUndefined();
});

test("legal headers are accepted", () => {
  expect(checkHeaders({ Authorization: "Bearer abc", "x-api-key": "", "X-Team": "back office" })).toEqual([]);
});

test.each([
  [{ "webhook-signature": "v1,x" }, "webhook-signature is set by Bellwire"],
  [{ "Bellwire-Attempt": "1" }, "Bellwire-Attempt is set by Bellwire"],
  [{ Host: "internal" }, "Host is set by Bellwire"],
  [{ "Transfer-Encoding": "chunked" }, "Transfer-Encoding is set by Bellwire"],
  [{ "x y": "1" }, '"x y" is not a valid header name: use letters, digits, - and _'],
  [{ "x-a": "1\r\nx-b: 2" }, "x-a has an invalid value: use printable ASCII, spaces and tabs"],
  [{ "x-a": "1", "X-A": "2" }, "contains the same name twice"],
  [{ "x-a": "1".repeat(7997) }, "is longer than 8000 characters in all"],
  [Object.fromEntries(Array.from({ length: 51 }, (_, nth) => [`x-${nth}`, ""])), "has more than 50 headers"],
])("headers that would change or break the request are refused: %j", (headers, wrong) => {
  expect(checkHeaders(headers)).toEqual([wrong]);
});

test.each([
  ["https://example.com/hooks", "https://example.com/hooks"],
  ["https://example.com/hooks?token=s3cret&mode=full", "https://example.com/hooks?token=…&mode=…"],
  ["https://example.com/?s3cret", "https://example.com/?…"],
  ["https://example.com/?a=b=c?d=e", "https://example.com/?a=…"],
  ["https://ann:s3cret@example.com/x@y", "https://…@example.com/x@y"],
  ["https://s3cret@example.com", "https://…@example.com"],
  ["https://example.com/#s3cret", "https://example.com/#…"],
  ["", ""],
])("the secrets of the URL %s are masked", (url, masked) => {
  expect(maskUrl(url)).toBe(masked);
});

test.each([
  ["https://hooks.slack.com/services/T0/B0/s3cret", "https://hooks.slack.com/…"],
  ["https://chat.example.com:8443/hooks/s3cret", "https://chat.example.com:8443/…"],
  ["https://ann:s3cret@chat.example.com/hooks/s3cret#s3cret", "https://…@chat.example.com/…#…"],
  ["https://chat.googleapis.com/v1/s3cret?key=s3cret&token=s3cret", "https://chat.googleapis.com/…?key=…&token=…"],
  ["https://discord.com/api/webhooks/1/s3cret?wait=true", "https://discord.com/…?wait=…"],
  ["https://chat.example.com\\s3cret", "https://chat.example.com/…"],
  ["https://chat.example.com/", "https://chat.example.com/"],
])("a chat program's URL %s is masked with its path", (url, masked) => {
  for (const format of chatFamilies) expect(maskEndpointUrl({ url, format })).toBe(masked);
  expect(maskEndpointUrl({ url: masked, format: "chat" })).toBe(masked);
  expect(maskEndpointUrl({ url, format: "json" })).toBe(maskUrl(url));
});

test.each([
  "https://example.com/new?token=…",
  "https://example.com/?a=b&token=…&c=d",
  "https://example.com/?…",
  "https://…@example.com/",
  "https://example.com/#…",
  "https://example.com/?token=%E2%80%A6",
  "https://example.com/?token=%e2%80%a6&c=d",
])("the URL %s contains a mask", (url) => {
  expect(containsMask({ url, format: "json" })).toBe(true);
});

test.each([
  "https://chat.example.com/…",
  "https://chat.example.com/%E2%80%A6?wait=true",
  String.raw`https://chat.example.com\…`,
])("the URL %s of a chat program contains a mask", (url) => {
  expect(containsMask({ url, format: "chat" })).toBe(true);
});

test.each([
  "https://example.com/hooks?token=s3cret",
  "https://example.com/?title=More…&x=a…b",
  "https://example.com/…",
])("the URL %s contains no mask", (url) => {
  expect(containsMask({ url, format: "json" })).toBe(false);
});
