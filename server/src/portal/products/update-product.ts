import { namesChanged, recordAudit, type By } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { isFine, type FieldErrors, type FieldInput } from "#portal/fields/index.ts";

import { judgeProduct } from "./judge-product.ts";
import type { Product } from "./product.ts";
import { lockProduct, updateProductRow } from "./products-table.ts";

interface ProductUpdate {
  readonly providerId: number;
  readonly productId: number;
  readonly values: FieldInput;
  readonly by: By;
}

/** Changes a product. Nothing tells of it, although its applications may show other credentials from now on. */
export async function updateProduct(
  pool: Pool,
  { providerId, productId, values, by }: ProductUpdate,
): Promise<{ readonly product: Product } | { readonly refused: FieldErrors } | undefined> {
  return pool.inTransaction(async (tx) => {
    const before = await lockProduct(tx, providerId, productId);
    if (!before) return undefined;
    const { product, errors } = judgeProduct(before, values);
    if (!isFine(errors)) return { refused: errors };
    const changed = namesChanged(before, product);
    const said = { action: "product.changed", subject: `product/${productId}`, detail: { changed } };
    if (changed.length > 0) await recordAudit(tx, { providerId, actor: by.actor, ...said });
    return { product: await updateProductRow(tx, providerId, product, by.now) };
  });
}
