import { expect } from "vitest";
import { parseAllowedTargets } from "#platform/network/target-guard.ts";
import { readDefaultEndpoint, saveDefaultEndpoint } from "#webhooks/endpoints/index.ts";
import { providerUrls } from "../../src/app/listening.ts";
import { createTryOut, findTryOutBin, signInLines } from "../../src/app/first-start.ts";
import { setUp } from "../portal/portal-fixture.ts";
import { encryption } from "../support/build-webhooks.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { test } from "../support/test.ts";

const config = { adminPassword: undefined, accessToken: undefined, providerKey: undefined };
const credentials = { username: "admin", password: "p", accessToken: "t", providerKey: "k" };

test.for([undefined, "bellwire.test"])(
  "with the base domain %s, all links of the try-out work, and only its own provider sees them",
  async (baseDomain, { database: pool }) => {
    const [{ provider }, other] = [await setUp(pool), await setUp(pool)];
    const allowed = parseAllowedTargets("none");
    if ("wrong" in allowed) throw new Error(allowed.wrong);
    const targets = { allowed, lookup: async () => [], isOwnBin: () => true };
    const urls = providerUrls("http://bellwire.test", baseDomain);
    const bin = await createTryOut({ pool, encryption, targets, retryWaitsSeconds: [60] }, provider, urls);
    await using server = await openWebServer(pool, { baseDomain, tryOut: { providerId: provider.id } });
    const open = async (link: string) => {
      const { host, pathname, search } = new URL(link);
      return server.http.inject({ url: `${pathname}${search}`, headers: { host } });
    };

    const printed = signInLines({ config, provider, credentials, urls, bin }).match(/http\S+/g) ?? [];
    const home = `${urls.developerPortal(provider)}/`;
    const bar = [...(await open(home)).body.matchAll(/<li><a href="([^"]+)"/g)].map(([, link = ""]) => link);
    const endpoint = await readDefaultEndpoint(pool, encryption, provider.id);
    const links = [...printed, ...bar.map((link) => new URL(link, home).href), endpoint?.url ?? ""];

    expect(links).toHaveLength(3 + 3 + 1);
    for (const link of links) expect([link, (await open(link)).statusCode < 400]).toEqual([link, true]);
    expect((await open(printed[0] ?? "")).body).toContain(`>${endpoint?.url}<`);
    expect(bar.filter((link) => link.includes(bin.id) || link.includes(bin.viewKey))).toEqual([]);
    if (baseDomain === undefined) return;
    expect((await open(`${urls.developerPortal(other.provider)}/`)).body).not.toContain("Watch the webhooks");
  },
);

test("the try-out's endpoint follows the port of a later start until its URL is changed", async ({
  database: pool,
}) => {
  const { provider } = await setUp(pool);
  const allowed = parseAllowedTargets("127.0.0.0/8");
  if ("wrong" in allowed) throw new Error(allowed.wrong);
  const targets = { allowed, lookup: async () => [], isOwnBin: () => true };
  const needs = { pool, encryption, targets, retryWaitsSeconds: [60] };
  const [first, later] = [3000, 3001].map((port) => providerUrls(`http://localhost:${port}`, undefined));
  if (!first || !later) throw new Error("There are two addresses.");

  const bin = await createTryOut(needs, provider, first);
  const created = await readDefaultEndpoint(pool, encryption, provider.id);
  expect(await findTryOutBin(needs, provider, later)).toMatchObject({ id: bin.id });
  expect(await readDefaultEndpoint(pool, encryption, provider.id)).toMatchObject({
    url: `http://localhost:3001/bins/${bin.id}`,
    active: true,
    eventTypes: created?.eventTypes,
  });

  const change = { url: "http://127.0.0.1:9/hook", switches: {} };
  await saveDefaultEndpoint(needs, { providerId: provider.id, change, actor: { kind: "system" } });
  expect(await findTryOutBin(needs, provider, first)).toBeUndefined();
  expect(await readDefaultEndpoint(pool, encryption, provider.id)).toMatchObject({ url: change.url });
});
