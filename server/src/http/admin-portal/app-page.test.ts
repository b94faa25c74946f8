import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fastify from "fastify";
import { expect, test } from "vitest";
import { serveWebFiles, sessionElement } from "./app-page.ts";

test("a name cannot end the script element of the session data", () => {
  const element = sessionElement({
    userId: 1,
    userName: "</script><script>alert(1)</script><!--",
    role: "admin",
    csrfToken: "",
    providerName: "",
    pages: {},
    allowedActions: [],
    tokenScopes: [],
    seesEveryProduct: true,
    timeZone: "UTC",
    passwordLengthMin: 12,
    signsInWithPassword: true,
    publicUrl: "",
    developerPortalUrl: "",
    mailIsSent: true,
  });
  expect(element.match(/</g)).toHaveLength(2);
  expect(JSON.parse(element.slice(element.indexOf(">") + 1, element.lastIndexOf("<")))).toMatchObject({
    userName: "</script><script>alert(1)</script><!--",
  });
});

test("a built file is sent in the best accepted encoding, and is cached for a year", async () => {
  await using folder = await writeBuild({ "app.js": "plain", "app.js.br": "brotli", "app.js.gz": "gzip" });
  const http = fastify();
  await serveWebFiles(http, folder.path);
  const read = async (accepted: string) => {
    const { body, headers } = await http.inject({
      url: "/p/admin/assets/app.js",
      headers: { "accept-encoding": accepted },
    });
    expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(headers.vary).toBe("accept-encoding");
    expect(Object.keys(headers)).not.toContain("etag");
    expect(headers["content-type"]).toMatch(/^(?:text|application)\/javascript/);
    return [body, headers["content-encoding"]];
  };
  expect(await read("gzip, deflate, br, zstd")).toEqual(["brotli", "br"]);
  expect(await read("gzip")).toEqual(["gzip", "gzip"]);
  expect(await read("identity")).toEqual(["plain", undefined]);
  await http.close();
});

async function writeBuild(assets: Readonly<Record<string, string>>) {
  const path = await mkdtemp(join(tmpdir(), "bellwire-web-"));
  await mkdir(join(path, "assets"));
  for (const [name, content] of Object.entries(assets)) await writeFile(join(path, "assets", name), content);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}
