import { reaches, type Reach } from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";
import { isXmlText } from "#platform/document/xml-text.ts";

import type { Application } from "./application.ts";
import { readApplication } from "./read-applications.ts";

/** How a caller knows an application: by the key or id that it calls with, or by its number. */
export type ApplicationHandle = (
  | { readonly userKey: string }
  | { readonly appId: string }
  | { readonly id: number }
) & {
  readonly accountId?: number | undefined;
  readonly productId?: number | undefined;
  /** Of the products that somebody reaches. */
  readonly reach?: Reach;
};

/** An application of the provider, and of the account and product if they are named. */
export async function findApplication(
  db: Database,
  providerId: number,
  handle: ApplicationHandle,
): Promise<Application | undefined> {
  const id = await findId(db, providerId, handle);
  const application = id === undefined ? undefined : await readApplication(db, providerId, id);
  if (!application) return undefined;
  const { accountId = application.accountId, productId = application.product.id, reach } = handle;
  const isMeant = accountId === application.accountId && productId === application.product.id;
  return isMeant && reaches(reach, productId) ? application : undefined;
}

function findId(db: Database, providerId: number, handle: ApplicationHandle): Promise<number | undefined> {
  const { accountId = null, productId = null, reach = null } = handle;
  if ("id" in handle) return Promise.resolve(handle.id);
  return "userKey" in handle
    ? findFirst(db, byUserKeyStatement, [providerId, handle.userKey, accountId, productId, reach])
    : findFirst(db, byAppIdStatement, [providerId, handle.appId, accountId, productId, reach]);
}

async function findFirst(
  db: Database,
  statement: string,
  values: readonly [number, string, number | null, number | null, Reach],
): Promise<number | undefined> {
  if (!isXmlText(values[1])) return undefined; // nobody could have it, and the database takes no zero byte
  const [found] = await db.query<{ id: number }>(statement, values);
  return found?.id;
}

// Served by applications_user_key_idx. The key counts only where it opens the product.
const byUserKeyStatement = `
  select application.id
  from applications as application
  join products as product on product.provider_id = $1 and product.id = application.product_id
  where application.provider_id = $1 and application.user_key = $2 and product.backend_version = '1'
    and ($3::bigint is null or application.account_id = $3) and ($4::bigint is null or application.product_id = $4)
    and ($5::bigint[] is null or application.product_id = any($5))
  order by application.id
  limit 1`;

// Served by applications_application_id_idx.
const byAppIdStatement = `
  select application.id
  from applications as application
  join products as product on product.provider_id = $1 and product.id = application.product_id
  where application.provider_id = $1 and application.application_id = $2 and product.backend_version <> '1'
    and ($3::bigint is null or application.account_id = $3) and ($4::bigint is null or application.product_id = $4)
    and ($5::bigint[] is null or application.product_id = any($5))
  order by application.id
  limit 1`;
