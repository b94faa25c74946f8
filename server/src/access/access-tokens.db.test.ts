import { expect } from "vitest";
import type { Transaction } from "#platform/database/database.ts";
import { test } from "../../test/support/test.ts";
import { type NewAccessToken, createAccessToken, createProviderUser, findAccessToken } from "./provider-users.ts";

const now = new Date("2026-02-03T04:05:06Z");

test("a token has 96 hexadecimal characters and is stored only as a digest", async ({ tx }) => {
  const { create, find } = await openProvider(tx);
  const { value, id } = await create({});

  expect(value).toMatch(/^[0-9a-f]{96}$/);
  expect(await find(value)).toMatchObject({
    id,
    role: "member",
    sections: ["partners"],
    scopes: ["stats"],
    permission: "ro",
  });
  expect(JSON.stringify(await tx.query("select *, encode(digest, 'hex') from access_tokens"))).not.toContain(value);
});

let providers = 0;

async function openProvider(tx: Transaction) {
  providers += 1;
  const providerId = 600 + providers;
  await tx.query(
    "insert into providers (id, name, subdomain, provider_key_digest) values ($1, $2, $2, convert_to($2, 'UTF8'))",
    [providerId, `tokens-${providerId}`],
  );
  const owner = { providerId, username: "mia", passwordHash: "none", role: "member", sections: ["partners"] } as const;
  const { id: userId } = await createProviderUser(tx, owner);
  return {
    providerId,
    create: (more: Partial<NewAccessToken>) =>
      createAccessToken(tx, { providerId, userId, name: "test", scopes: ["stats"], permission: "ro", ...more }),
    find: (value: string, at = now) => findAccessToken(tx, { providerId, value, now: at }),
  };
}
