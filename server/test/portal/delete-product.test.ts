import { expect } from "vitest";
import { lockAccount } from "#portal/accounts/index.ts";
import { deleteProduct } from "#portal/applications/index.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";
import { byForm, now, setUp, signUp } from "./house.ts";

const by = { actor: { kind: "key" }, channel: "api", now } as const;

test("whoever deletes a product and whoever subscribes to it never wait for each other", async ({
  sharedPool: pool,
}) => {
  const { provider, product } = await setUp(pool);
  const { whole } = await signUp(pool, { provider, by: byForm });
  const accountId = whole.account.id;
  await pool.query("delete from applications where account_id = $1", [accountId]); // the subscription stays
  let deletion: ReturnType<typeof deleteProduct> | undefined;
  await pool.inTransaction(async (tx) => {
    await lockAccount(tx, provider.id, accountId);
    deletion = deleteProduct(pool, { provider, productId: product.id, by });
    const itWaits = "select from pg_locks where not granted and transactionid = pg_current_xact_id()::xid";
    await until(async () => (await tx.query(itWaits)).length > 0);
    await tx.query("select from products where id = $1 for key share", [product.id]);
  });
  expect(await deletion).toMatchObject({ product: { id: product.id } });
});
