import { Type } from "typebox";
import type { ProductScope } from "#access/index.ts";
import { type Database, queryRow, type Transaction } from "#platform/database/database.ts";
import {
  assignments,
  columnOf,
  documentProperties,
  type Inserted,
  insertColumns,
  insertParameters,
  insertValues,
  selectList,
  updateValues,
} from "#platform/database/field-table.ts";
import { type Json, type Node, list, record, value } from "#platform/document.ts";
import {
  type Annotations,
  annotationsSchema,
  emailErrors,
  type FieldInput,
  longTextLengthMax,
  type Parsed,
  parseBoolean,
  parseChoice,
  parseNullableText,
  parseRequiredText,
  parseText,
  type SettableTable,
} from "#portal/fields/index.ts";
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
  /** `direct`, `request`, `credit_card`, `request_credit_card` or `none`. Any other text, which 3scale also stores, permits nothing. */
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

const notificationRecipients = ["web_provider", "email_provider", "web_buyer", "email_buyer"] as const;

/** Stored and shown in documents in this form. */
export interface OidcConfiguration {
  readonly id: number;
  readonly standard_flow_enabled: boolean;
  readonly implicit_flow_enabled: boolean;
  readonly service_accounts_enabled: boolean;
  readonly direct_access_grants_enabled: boolean;
}

/** OpenID Connect is stored as OAuth with a configuration. */
export const authenticationModes = ["1", "2", "oauth", "oidc"] as const;

export const authenticationSchema = Type.String({
  enum: [...authenticationModes],
  description: "How applications authenticate: by a user key, an application id and keys, OAuth, or OpenID Connect.",
});

const deploymentOptions = [
  "hosted",
  "self_managed",
  "service_mesh_istio",
  ...["ruby", "java", "python", "nodejs", "php", "rest", "csharp"].map((plugin) => `plugin_${plugin}`),
];

const parseLongText = parseNullableText(longTextLengthMax);

function parseEmail(values: FieldInput, name: string): Parsed<string | null> {
  const { value: email, wrong } = parseText(values, name);
  return { value: email === undefined ? undefined : email || null, wrong: email ? emailErrors(email) : wrong };
}

const percentagesSchema = Type.Optional(Type.Array(Type.Integer()));

export const notificationSettingsSchema = Type.Object(
  {
    web_provider: percentagesSchema,
    email_provider: percentagesSchema,
    web_buyer: percentagesSchema,
    email_buyer: percentagesSchema,
  },
  {
    description:
      "The percentages of a limit at which to notify the provider and the developers. Absent until set for the first time.",
  },
);

/** Parses settings that replace all current ones; an empty value deletes them. Drops unknown recipients, as 3scale does. */
function parseNotificationSettings(values: FieldInput, name: string): Parsed<NotificationSettings> {
  const sent = values[name];
  if (sent === undefined) return { value: undefined, wrong: [] };
  if (sent === null || sent === "") return { value: {}, wrong: [] };
  if (typeof sent !== "object" || Array.isArray(sent)) return { value: undefined, wrong: ["is invalid"] };
  const lists = Object.entries(sent).flatMap(([key, numbers]: [string, unknown]) => {
    const recipient = notificationRecipients.find((candidate) => candidate === key);
    return recipient === undefined ? [] : [[recipient, parsePercentages(numbers)] as const];
  });
  const settings = Object.fromEntries(
    lists.flatMap(([recipient, numbers]) => (numbers ? [[recipient, numbers] as const] : [])),
  );
  return lists.some(([, numbers]) => numbers === undefined)
    ? { value: undefined, wrong: ["must be lists of whole numbers"] }
    : { value: settings, wrong: [] };
}

const percentagesMax = 100;

/** Forms send an empty text for an empty selection, which 3scale stores as 0. */
function parsePercentages(sent: unknown): readonly number[] | undefined {
  const texts = Array.isArray(sent) ? sent.map(textOfNumber) : undefined;
  if (!texts || texts.length > percentagesMax || !texts.every((text) => /^\d{0,9}$/.test(text))) return undefined;
  return texts.map(Number);
}

const textOfNumber = (number: unknown): string =>
  typeof number === "string" || typeof number === "number" ? String(number).trim() : number === null ? "" : "none";

function parsePlanChangePermission(values: FieldInput, name: string): Parsed<string> {
  const { value: permission, wrong } = parseText(values, name);
  return { value: permission || undefined, wrong };
}

const switchField = {
  update: true,
  document: "switches",
  set: { schema: Type.Boolean(), parse: parseBoolean },
} as const;

const hiddenText = {
  update: true,
  set: { schema: Type.String({ description: "Stored, but never returned." }), parse: parseLongText },
} as const;

/** Statements, requests and the switches of documents derive from these rows, in this order. */
export const productFields = {
  id: {},
  name: { insert: true, update: true, set: { schema: Type.String(), required: true, parse: parseRequiredText } },
  description: { update: true, set: { schema: Type.String(), parse: parseLongText } },
  supportEmail: {
    update: true,
    set: { schema: Type.String({ description: "If empty, the provider's address." }), parse: parseEmail },
  },
  deploymentOption: {
    update: true,
    set: {
      schema: Type.String({
        description: "`hosted`, `self_managed`, `service_mesh_istio`, or `plugin_` followed by a language.",
      }),
      parse: (values: FieldInput, name: string) => parseChoice(values, name, deploymentOptions),
    },
  },
  backendVersion: { insert: true, update: true, set: { schema: authenticationSchema } },
  systemName: { insert: true, set: { schema: Type.String({ description: "Cannot be changed later." }), once: true } },
  state: {
    update: true,
    set: {
      name: "state_event",
      schema: Type.String({ enum: ["publish", "hide", "complete", "take_offline", "deprecate", "mark_as_deleted"] }),
    },
  },
  intentionsRequired: switchField,
  buyersManageApps: switchField,
  buyersManageKeys: switchField,
  referrerFiltersRequired: switchField,
  customKeysEnabled: switchField,
  buyerKeyRegenerateEnabled: switchField,
  mandatoryAppKey: switchField,
  buyerCanSelectPlan: switchField,
  buyerPlanChangePermission: {
    update: true,
    set: {
      schema: Type.String({
        description:
          "`direct`, `request`, `credit_card`, `request_credit_card` or `none`. Any other value is stored and permits nothing.",
      }),
      parse: parsePlanChangePermission,
    },
  },
  txtSupport: hiddenText,
  terms: hiddenText,
  notificationSettings: {
    update: true,
    set: { schema: notificationSettingsSchema, parse: parseNotificationSettings },
  },
  annotations: { update: true, set: { schema: annotationsSchema } },
  oidcConfiguration: { update: true },
  createdAt: {},
  updatedAt: {},
} as const satisfies SettableTable<Product>;

const productColumns = selectList(productFields);

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
  page?: { readonly productScope: ProductScope; readonly limit: number; readonly offset: number },
): Promise<Product[]> =>
  db.query<Product>(listProductsStatement, [
    providerId,
    page?.productScope ?? null,
    page?.limit ?? null,
    page?.offset ?? 0,
  ]);

const countProductsStatement = `
  select count(*) as count
  from products
  where provider_id = $1 and ($2::bigint[] is null or id = any($2))`;

export const countProducts = async (db: Database, providerId: number, productScope: ProductScope): Promise<number> =>
  (await queryRow<{ count: number }>(db, countProductsStatement, [providerId, productScope])).count;

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

/** The system name of the metric that every product has. */
export const hitsName = "hits";

const insertProductStatement = `
  with product as (
    insert into products (provider_id, created_at, updated_at, ${insertColumns(productFields)})
    values ($1, $2, $2, ${insertParameters(productFields, 3)})
    on conflict do nothing
    returning *
  ), hits as (
    insert into metrics (provider_id, product_id, system_name, friendly_name, unit, description, created_at, updated_at)
    select provider_id, id, '${hitsName}', 'Hits', 'hit', 'Number of API hits', created_at, created_at from product
  )
  select ${productColumns} from product`;

type NewProduct = Pick<Product, Inserted<typeof productFields>> & {
  readonly providerId: number;
  readonly now: Date;
};

/** Returns the new product, which has the metric `hits`, or undefined if another has its system name. */
export async function insertProduct(tx: Transaction, product: NewProduct): Promise<Product | undefined> {
  const values = [product.providerId, product.now, ...insertValues(productFields, product)];
  const [inserted] = await tx.query<Product>(insertProductStatement, values);
  return inserted;
}

const updateProductStatement = `
  update products
  set ${assignments(productFields, 4)}, updated_at = $3
  where provider_id = $1 and id = $2
  returning ${productColumns}`;

/** Writes a locked product. */
export async function updateProductRow(
  tx: Transaction,
  providerId: number,
  product: Product,
  now: Date,
): Promise<Product> {
  const values = [providerId, product.id, now, ...updateValues(productFields, product)];
  const [updated] = await tx.query<Product>(updateProductStatement, values);
  if (!updated) throw new Error(`Product ${product.id} was gone although it was locked.`);
  return updated;
}

const deleteProductStatement = `delete from products where provider_id = $1 and id = $2`;

/** Deletes a product with its plans and metrics. Their subscriptions and applications must be deleted before. */
export async function deleteProductRow(tx: Transaction, providerId: number, id: number): Promise<void> {
  await tx.query(deleteProductStatement, [providerId, id]);
}

/** The context of a product's documents. */
export interface ProductContext {
  readonly provider: Provider;
  /** The provider's support address, for products without their own. */
  readonly supportEmail: string | null;
}

/** Represents a product with its metrics as XML: a service. */
export const representProduct = (
  product: Product,
  { provider, supportEmail }: ProductContext,
  metrics: readonly Node[],
): Node =>
  record("service", [
    value("id", product.id),
    value("account_id", provider.id),
    value("name", product.name),
    value("state", product.state),
    value("system_name", product.systemName),
    value("backend_version", authenticationOf(product)),
    value("description", product.description),
    ...switches.map((property) => value(columnOf(productFields, property), product[property])),
    value("buyer_plan_change_permission", product.buyerPlanChangePermission),
    record(
      "annotations",
      Object.entries(product.annotations).map(([name, text]) => value(name, text)),
    ),
    ...representNotificationSettings(product),
    value("deployment_option", product.deploymentOption),
    value("support_email", product.supportEmail ?? supportEmail),
    list("metrics", metrics, "open"),
  ]);

const switches = documentProperties(productFields, "switches");

/** In the order of 3scale's documents, as `jsonb` keeps none. */
const notificationEntries = (settings: NotificationSettings) =>
  notificationRecipients.flatMap((recipient) => {
    const percentages = settings[recipient];
    return percentages ? [[recipient, [...percentages]] as const] : [];
  });

/** XML shows each list as text: `[0, 50, 100]`. */
const representNotificationSettings = ({ notificationSettings: settings }: Product): readonly Node[] =>
  settings === null
    ? []
    : [
        record(
          "notification_settings",
          notificationEntries(settings).map(([name, numbers]) => value(name, `[${numbers.join(", ")}]`)),
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
      ...Object.fromEntries(switches.map((property) => [columnOf(productFields, property), product[property]])),
      buyer_plan_change_permission: buyerPlanChangePermission,
      ...(notificationSettings === null
        ? {}
        : { notification_settings: Object.fromEntries(notificationEntries(notificationSettings)) }),
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
