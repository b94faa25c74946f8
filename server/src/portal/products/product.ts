import type { ProductScope } from "#access/index.ts";
import type { Database, Transaction } from "#platform/database/database.ts";
import { type Json, type Node, list, record, value } from "#platform/document.ts";
import type { Annotations } from "#portal/fields/index.ts";
import { type Provider, writeTimestamp } from "#portal/providers/index.ts";

/** An API that the provider's developers use. 3scale calls it a service. */
export interface Product {
  readonly id: number;
  readonly name: string;
  readonly systemName: string;
  readonly state: ProductState;
  readonly description: string | null;
  /** How applications authenticate. `1`: user key; `2`: application id and keys; `oauth`: OAuth, OpenID Connect. */
  readonly backendVersion: "1" | "2" | "oauth";
  /** Where the gateway runs. Stored for API clients only. */
  readonly deploymentOption: string;
  /** Null or blank to use the provider's address. */
  readonly supportEmail: string | null;
  readonly intentionsRequired: boolean;
  readonly txtSupport: string | null;
  readonly terms: string | null;
  /** Percentages of a limit that trigger a notification, by recipient. Null until first written. */
  readonly notificationSettings: NotificationSettings | null;
  readonly annotations: Annotations;
  /** True if an application of version `2` needs a key. */
  readonly mandatoryAppKey: boolean;
  readonly referrerFiltersRequired: boolean;
  readonly buyersManageApps: boolean;
  readonly buyersManageKeys: boolean;
  /** True if developers may choose the values of their keys. */
  readonly customKeysEnabled: boolean;
  readonly buyerKeyRegenerateEnabled: boolean;
  readonly buyerCanSelectPlan: boolean;
  /** One of `planChangePermissions`. Any other text, which 3scale also stores, permits nothing. */
  readonly buyerPlanChangePermission: string;
  /** Set for OpenID Connect products only. */
  readonly oidcConfiguration: OidcConfiguration | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** `deleted` appears only in the response to a deletion by a state event. */
export type ProductState = "incomplete" | "hidden" | "offline" | "published" | "deprecated" | "deleted";

export type NotificationSettings = Readonly<
  Partial<Record<(typeof notificationRecipients)[number], readonly number[]>>
>;

export const notificationRecipients = ["web_provider", "email_provider", "web_buyer", "email_buyer"] as const;

/** The requirement for a developer to change the plan: `direct` has none, `none` never allows it. */
export type PlanChangePermission = (typeof planChangePermissions)[number];

const planChangePermissions = ["direct", "request", "credit_card", "request_credit_card", "none"] as const;

/** Stored and shown in documents in this form. */
export interface OidcConfiguration {
  readonly id: number;
  readonly standard_flow_enabled: boolean;
  readonly implicit_flow_enabled: boolean;
  readonly service_accounts_enabled: boolean;
  readonly direct_access_grants_enabled: boolean;
}

const productColumns = `id, name, system_name, state, description, backend_version as "backendVersion",
  deployment_option, support_email, intentions_required,
  txt_support, terms, notification_settings, annotations, mandatory_app_key,
  referrer_filters_required, buyers_manage_apps,
  buyers_manage_keys, custom_keys_enabled,
  buyer_key_regenerate_enabled, buyer_can_select_plan,
  buyer_plan_change_permission, oidc_configuration,
  created_at, updated_at`;

const listProductsStatement = `
  select ${productColumns}
  from products
  where provider_id = $1 and ($2::bigint[] is null or id = any($2))
  order by id
  limit $3 offset $4`;

/** Lists the products of a provider, or those within a product scope, oldest first. */
export const listProducts = (
  db: Database,
  providerId: number,
  page?: { readonly reach: ProductScope; readonly limit: number; readonly offset: number },
): Promise<Product[]> =>
  db.query<Product>(listProductsStatement, [providerId, page?.reach ?? null, page?.limit ?? null, page?.offset ?? 0]);

const countProductsStatement = `
  select count(*) as count
  from products
  where provider_id = $1 and ($2::bigint[] is null or id = any($2))`;

export async function countProducts(db: Database, providerId: number, reach: ProductScope): Promise<number> {
  const [row] = await db.query<{ count: number }>(countProductsStatement, [providerId, reach]);
  return row?.count ?? 0;
}

const readProductsStatement = `select ${productColumns} from products where provider_id = $1 and id = any($2)`;

export const readProducts = (db: Database, providerId: number, ids: readonly number[]): Promise<Product[]> =>
  db.query<Product>(readProductsStatement, [providerId, ids]);

export async function readProduct(db: Database, providerId: number, id: number): Promise<Product | undefined> {
  const [product] = await readProducts(db, providerId, [id]);
  return product;
}

const lockProductForShareStatement = `select id from products where provider_id = $1 and id = $2 for key share`;

/** Locks a product against deletion until this transaction ends. Returns false if it does not exist. */
export async function lockProductForShare(tx: Transaction, providerId: number, id: number): Promise<boolean> {
  return (await tx.query(lockProductForShareStatement, [providerId, id])).length > 0;
}

// No row can start or cease to refer to the product until the transaction ends.
const lockProductStatement = `${readProductsStatement} for update`;

export async function lockProduct(tx: Transaction, providerId: number, id: number): Promise<Product | undefined> {
  const [product] = await tx.query<Product>(lockProductStatement, [providerId, [id]]);
  return product;
}

const insertProductStatement = `
  insert into products (provider_id, name, system_name, backend_version, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $5)
  on conflict do nothing
  returning ${productColumns}`;

interface NewProduct {
  readonly providerId: number;
  readonly name: string;
  readonly systemName: string;
  readonly backendVersion: Product["backendVersion"];
  readonly now: Date;
}

/** Returns the new product, or undefined if another has its system name. */
export async function insertProduct(tx: Transaction, product: NewProduct): Promise<Product | undefined> {
  const { providerId, name, systemName, backendVersion, now } = product;
  const [inserted] = await tx.query<Product>(insertProductStatement, [
    providerId,
    name,
    systemName,
    backendVersion,
    now,
  ]);
  return inserted;
}

const updateProductStatement = `
  update products
  set name = $3, description = $4, backend_version = $5, deployment_option = $6, mandatory_app_key = $7,
    referrer_filters_required = $8, buyers_manage_apps = $9, buyers_manage_keys = $10, custom_keys_enabled = $11,
    buyer_key_regenerate_enabled = $12, buyer_can_select_plan = $13, buyer_plan_change_permission = $14,
    oidc_configuration = $15, updated_at = $16, state = $17, support_email = $18, intentions_required = $19,
    txt_support = $20, terms = $21, notification_settings = $22, annotations = $23
  where provider_id = $1 and id = $2
  returning ${productColumns}`;

/** Writes a locked product. */
export async function updateProductRow(
  tx: Transaction,
  providerId: number,
  product: Product,
  now: Date,
): Promise<Product> {
  const [updated] = await tx.query<Product>(updateProductStatement, [
    providerId,
    product.id,
    product.name,
    product.description,
    product.backendVersion,
    product.deploymentOption,
    product.mandatoryAppKey,
    product.referrerFiltersRequired,
    product.buyersManageApps,
    product.buyersManageKeys,
    product.customKeysEnabled,
    product.buyerKeyRegenerateEnabled,
    product.buyerCanSelectPlan,
    product.buyerPlanChangePermission,
    product.oidcConfiguration,
    now,
    product.state,
    product.supportEmail,
    product.intentionsRequired,
    product.txtSupport,
    product.terms,
    product.notificationSettings,
    product.annotations,
  ]);
  if (!updated) throw new Error(`Product ${product.id} was gone although it was locked.`);
  return updated;
}

const deleteProductStatement = `delete from products where provider_id = $1 and id = $2`;

/** Deletes a product and its plans. Their subscriptions and applications must be deleted before. */
export async function deleteProductRow(tx: Transaction, providerId: number, id: number): Promise<void> {
  await tx.query(deleteProductStatement, [providerId, id]);
}

/** The context of a product's documents. */
export interface ProductContext {
  readonly provider: Provider;
  /** The provider's support address, for products without their own. */
  readonly supportEmail: string | null;
}

/** Represents a product as XML: a service. The list of metrics is empty, because metrics are not supported. */
export const representProduct = (product: Product, { provider, supportEmail }: ProductContext): Node =>
  record("service", [
    value("id", product.id),
    value("account_id", provider.id),
    value("name", product.name),
    value("state", product.state),
    value("system_name", product.systemName),
    value("backend_version", authenticationOf(product)),
    value("description", product.description),
    ...switchesOf(product).map(([name, it]) => value(name, it)),
    value("buyer_plan_change_permission", product.buyerPlanChangePermission),
    record(
      "annotations",
      Object.entries(product.annotations).map(([name, text]) => value(name, text)),
    ),
    ...representNotificationSettings(product),
    value("deployment_option", product.deploymentOption),
    value("support_email", product.supportEmail ?? supportEmail),
    list("metrics", [], "open"),
  ]);

/** Returns the switches in the order of both formats. */
const switchesOf = (product: Product): readonly (readonly [string, boolean])[] => [
  ["intentions_required", product.intentionsRequired],
  ["buyers_manage_apps", product.buyersManageApps],
  ["buyers_manage_keys", product.buyersManageKeys],
  ["referrer_filters_required", product.referrerFiltersRequired],
  ["custom_keys_enabled", product.customKeysEnabled],
  ["buyer_key_regenerate_enabled", product.buyerKeyRegenerateEnabled],
  ["mandatory_app_key", product.mandatoryAppKey],
  ["buyer_can_select_plan", product.buyerCanSelectPlan],
];

/** XML shows each list as text: `[0, 50, 100]`. */
const representNotificationSettings = ({ notificationSettings: settings }: Product): readonly Node[] =>
  settings === null
    ? []
    : [
        record(
          "notification_settings",
          Object.entries(settings).map(([name, percentages]) => value(name, `[${percentages.join(", ")}]`)),
        ),
      ];

/** Represents a product as JSON, without nulls and with links. `adminUrl` is the origin that the client used. */
export function productToJson(product: Product, { provider, supportEmail }: ProductContext, adminUrl: string): Json {
  const self = `${adminUrl}/admin/api/services/${product.id}`;
  const time = (at: Date): string => writeTimestamp(at, provider.timeZone);
  const { description, notificationSettings, buyerPlanChangePermission } = product;
  const email = product.supportEmail ?? supportEmail;
  return {
    service: {
      id: product.id,
      name: product.name,
      state: product.state,
      system_name: product.systemName,
      backend_version: authenticationOf(product),
      deployment_option: product.deploymentOption,
      ...(email === null ? {} : { support_email: email }),
      ...(description === null ? {} : { description }),
      ...Object.fromEntries(switchesOf(product)),
      buyer_plan_change_permission: buyerPlanChangePermission,
      ...(notificationSettings === null ? {} : { notification_settings: { ...notificationSettings } }),
      annotations: product.annotations,
      created_at: time(product.createdAt),
      updated_at: time(product.updatedAt),
      links: [
        { rel: "metrics", href: `${self}/metrics` },
        { rel: "self", href: self },
        { rel: "service_plans", href: `${self}/service_plans` },
        { rel: "application_plans", href: `${self}/application_plans` },
        { rel: "features", href: `${self}/features` },
      ],
    },
  };
}

const authenticationOf = ({ backendVersion, oidcConfiguration }: Product): string =>
  oidcConfiguration ? "oidc" : backendVersion;
