import { recordAudit, type By } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { isFine, mergeErrors, readText, type FieldErrors, type FieldInput } from "#portal/fields/index.ts";

import { anotherSystemName, deriveSystemName, isSystemName } from "./derive-system-name.ts";
import { judgeProduct } from "./judge-product.ts";
import { insertDefaultPlan } from "./plans-table.ts";
import type { Product } from "./product.ts";
import { insertProduct, updateProductRow } from "./products-table.ts";

interface ProductCreation {
  readonly providerId: number;
  /** As they came, by the names of the API. */
  readonly values: FieldInput;
  readonly by: By;
}

type Outcome = { readonly product: Product } | { readonly refused: FieldErrors };

/** A new product, with a service plan for whoever is to use it. Its application plans are the provider's to make. */
export async function createProduct(pool: Pool, { providerId, values, by }: ProductCreation): Promise<Outcome> {
  const { product: wanted, errors } = judgeProduct(newProduct(by.now), { name: "", ...values });
  const asked = readText(values, "system_name");
  const systemName = asked.value || deriveSystemName(wanted.name);
  const refused = mergeErrors(errors, {
    system_name: [...asked.wrong, ...(isSystemName(systemName) ? [] : ["invalid"])],
  });
  if (!isFine(refused)) return { refused };
  return pool.inTransaction(async (tx) => {
    const outcome = await write(tx, providerId, { ...wanted, systemName }, by);
    if ("product" in outcome || asked.value) return outcome;
    return write(tx, providerId, { ...wanted, systemName: anotherSystemName(systemName) }, by);
  });
}

async function write(tx: Transaction, providerId: number, wanted: Product, { actor, now }: By): Promise<Outcome> {
  const inserted = await insertProduct(tx, { ...wanted, providerId, now });
  if (!inserted) return { refused: { system_name: ["has already been taken"] } };
  const { id } = inserted;
  const service = { name: "Default", systemName: "default", state: "published" } as const;
  await insertDefaultPlan(tx, { providerId, productId: id, kind: "service_plan", ...service, now });
  const oidcConfiguration = wanted.oidcConfiguration && { ...wanted.oidcConfiguration, id };
  const said = { action: "product.created", subject: `product/${id}`, detail: { name: wanted.name } };
  await recordAudit(tx, { providerId, actor, ...said });
  return { product: await updateProductRow(tx, providerId, { ...wanted, id, oidcConfiguration }, now) };
}

/** What a product is where an input says nothing else. Its id comes when it is stored. */
const newProduct = (now: Date): Product => ({
  id: 0,
  name: "",
  systemName: "",
  description: null,
  backendVersion: "1",
  deploymentOption: "hosted",
  state: "incomplete",
  supportEmail: null,
  intentionsRequired: false,
  txtSupport: null,
  terms: null,
  notificationSettings: null,
  annotations: {},
  mandatoryAppKey: true,
  referrerFiltersRequired: false,
  buyersManageApps: true,
  buyersManageKeys: true,
  customKeysEnabled: true,
  buyerKeyRegenerateEnabled: true,
  buyerCanSelectPlan: false,
  buyerPlanChangePermission: "request",
  oidcConfiguration: null,
  createdAt: now,
  updatedAt: now,
});
