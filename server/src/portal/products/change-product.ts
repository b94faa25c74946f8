import { type ChangeContext, changedFields, recordAudit } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { randomHex } from "#platform/ids.ts";
import {
  type FieldErrors,
  type FieldInput,
  type Parsed,
  emailErrors,
  errorsOf,
  hasNoErrors,
  mergeErrors,
  parseAnnotations,
  parseBoolean,
  parseChoice,
  parseRequiredText,
  parseText,
} from "#portal/fields/index.ts";
import { insertDefaultPlan } from "./plan.ts";
import {
  type NotificationSettings,
  type OidcConfiguration,
  type Product,
  type ProductState,
  insertProduct,
  lockProduct,
  notificationRecipients,
  updateProductRow,
} from "./product.ts";

const systemNameLengthMax = 255;
const suffixBytes = 3;

/** Derives a system name from a display name: "Gold & Co." becomes `gold_co`. */
export function deriveSystemName(name: string): string {
  const derived = name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "")
    .slice(0, systemNameLengthMax);
  // A system name has at least two characters.
  return derived.length === 1 ? `${derived}_` : derived || "unnamed";
}

const systemNamePattern = /^\w[\w/-]+$/;

export const isSystemName = (text: string): boolean =>
  text.length <= systemNameLengthMax && systemNamePattern.test(text);

/** Returns an alternative to a derived name that is taken. */
export const alternativeSystemName = (taken: string): string =>
  `${taken.slice(0, systemNameLengthMax - 2 * suffixBytes - 1)}_${randomHex(suffixBytes)}`;

const longTextLengthMax = 65_535;
const authenticationModes = ["1", "2", "oauth", "oidc"] as const;
const deploymentOptions = [
  "hosted",
  "self_managed",
  "service_mesh_istio",
  ...["ruby", "java", "python", "nodejs", "php", "rest", "csharp"].map((plugin) => `plugin_${plugin}`),
];

/**
 * Parses an input into the changed product and returns all errors. Values that the input omits stay unchanged; the
 * system name never changes.
 */
function parseProduct(before: Product, input: FieldInput): { readonly product: Product; readonly errors: FieldErrors } {
  const { texts, truths } = parseProductInput(input);
  const stateEvent = parseStateEvent(before.state, input["state_event"]);
  const notifications = parseNotificationSettings(input["notification_settings"]);
  const { annotations, errors: wrongAnnotations } = parseAnnotations(before.annotations, input["annotations"]);
  const supportEmail = texts.support_email.value;
  const product: Product = {
    ...before,
    ...authenticationAfter(before, texts.backend_version.value),
    name: texts.name.value ?? before.name,
    state: stateEvent.value ?? before.state,
    description: textAfter(before.description, input["description"], texts.description),
    supportEmail: supportEmail === undefined ? before.supportEmail : supportEmail || null,
    deploymentOption: texts.deployment_option.value ?? before.deploymentOption,
    buyerPlanChangePermission: texts.buyer_plan_change_permission.value || before.buyerPlanChangePermission,
    txtSupport: textAfter(before.txtSupport, input["txt_support"], texts.txt_support),
    terms: textAfter(before.terms, input["terms"], texts.terms),
    notificationSettings: notifications.value ?? before.notificationSettings,
    annotations,
    intentionsRequired: truths.intentions_required.value ?? before.intentionsRequired,
    mandatoryAppKey: truths.mandatory_app_key.value ?? before.mandatoryAppKey,
    referrerFiltersRequired: truths.referrer_filters_required.value ?? before.referrerFiltersRequired,
    buyersManageApps: truths.buyers_manage_apps.value ?? before.buyersManageApps,
    buyersManageKeys: truths.buyers_manage_keys.value ?? before.buyersManageKeys,
    customKeysEnabled: truths.custom_keys_enabled.value ?? before.customKeysEnabled,
    buyerKeyRegenerateEnabled: truths.buyer_key_regenerate_enabled.value ?? before.buyerKeyRegenerateEnabled,
    buyerCanSelectPlan: truths.buyer_can_select_plan.value ?? before.buyerCanSelectPlan,
  };
  return {
    product,
    errors: mergeErrors(errorsOf(texts), errorsOf(truths), wrongAnnotations, {
      support_email: supportEmail ? emailErrors(supportEmail) : [],
      state_event: stateEvent.wrong,
      notification_settings: notifications.wrong,
    }),
  };
}

const parseProductInput = (input: FieldInput) =>
  ({
    texts: {
      name: parseRequiredText(input, "name"),
      description: parseText(input, "description", longTextLengthMax),
      support_email: parseText(input, "support_email"),
      backend_version: parseChoice(input, "backend_version", authenticationModes),
      deployment_option: parseChoice(input, "deployment_option", deploymentOptions),
      buyer_plan_change_permission: parseText(input, "buyer_plan_change_permission"),
      txt_support: parseText(input, "txt_support", longTextLengthMax),
      terms: parseText(input, "terms", longTextLengthMax),
    },
    truths: {
      intentions_required: parseBoolean(input, "intentions_required"),
      mandatory_app_key: parseBoolean(input, "mandatory_app_key"),
      referrer_filters_required: parseBoolean(input, "referrer_filters_required"),
      buyers_manage_apps: parseBoolean(input, "buyers_manage_apps"),
      buyers_manage_keys: parseBoolean(input, "buyers_manage_keys"),
      custom_keys_enabled: parseBoolean(input, "custom_keys_enabled"),
      buyer_key_regenerate_enabled: parseBoolean(input, "buyer_key_regenerate_enabled"),
      buyer_can_select_plan: parseBoolean(input, "buyer_can_select_plan"),
    },
  }) as const;

/** Keeps an empty text, because JSON shows it, unlike null. */
const textAfter = (before: string | null, sent: unknown, { value }: Parsed<string>): string | null =>
  sent === null ? null : (value ?? before);

interface Transition {
  readonly from: readonly ProductState[];
  readonly to: ProductState;
}

// 3scale accepts `reject` from no state. `mark_as_deleted` depends on other objects: see `deleteProduct`.
const productTransitions: Readonly<Record<string, Transition | null>> = {
  publish: { from: ["incomplete", "hidden", "offline", "published"], to: "published" },
  hide: { from: ["incomplete", "published"], to: "hidden" },
  complete: { from: ["incomplete"], to: "hidden" },
  take_offline: { from: ["published"], to: "offline" },
  deprecate: { from: ["incomplete", "hidden", "offline", "published"], to: "deprecated" },
  reject: null,
  mark_as_deleted: null,
};

/** Returns the error of a state event that is not allowed in `state`. */
export const transitionErrors = (state: string): readonly string[] => [`cannot transition when ${state}`];

function parseStateEvent(state: ProductState, event: unknown): Parsed<ProductState> {
  if (event === undefined || event === null || event === "") return { value: undefined, wrong: [] };
  if (typeof event !== "string" || !Object.hasOwn(productTransitions, event))
    return { value: undefined, wrong: ["invalid"] };
  const transition = productTransitions[event];
  return transition?.from.includes(state)
    ? { value: transition.to, wrong: [] }
    : { value: undefined, wrong: transitionErrors(state) };
}

/**
 * Parses settings that replace all current ones; an empty value deletes them. Drops unknown recipients, as 3scale does.
 */
function parseNotificationSettings(sent: unknown): Parsed<NotificationSettings> {
  if (sent === undefined) return { value: undefined, wrong: [] };
  if (sent === null || sent === "") return { value: {}, wrong: [] };
  if (typeof sent !== "object" || Array.isArray(sent)) return { value: undefined, wrong: ["is invalid"] };
  const lists = Object.entries(sent).flatMap(([name, list]: [string, unknown]) => {
    const recipient = notificationRecipients.find((it) => it === name);
    return recipient === undefined ? [] : [[recipient, parsePercentages(list)] as const];
  });
  const settings = Object.fromEntries(lists.flatMap(([name, list]) => (list ? [[name, list] as const] : [])));
  return lists.some(([, list]) => list === undefined)
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

const textOfNumber = (it: unknown): string =>
  typeof it === "string" || typeof it === "number" ? String(it).trim() : it === null ? "" : "none";

/** OpenID Connect is stored as OAuth with a configuration. */
function authenticationAfter(
  before: Product,
  requested: (typeof authenticationModes)[number] | undefined,
): Pick<Product, "backendVersion" | "oidcConfiguration"> {
  if (requested === undefined) return before;
  if (requested !== "oidc") return { backendVersion: requested, oidcConfiguration: null };
  return { backendVersion: "oauth", oidcConfiguration: before.oidcConfiguration ?? newOidcConfiguration(before.id) };
}

const newOidcConfiguration = (id: number): OidcConfiguration => ({
  id,
  standard_flow_enabled: true,
  implicit_flow_enabled: false,
  service_accounts_enabled: false,
  direct_access_grants_enabled: false,
});

interface ProductCreation {
  readonly providerId: number;
  /** Unparsed values, by the names of the API. */
  readonly values: FieldInput;
  readonly by: ChangeContext;
}

type ProductCreationOutcome = { readonly product: Product } | { readonly refused: FieldErrors };

/** Creates a product with a default service plan. The provider adds application plans. */
export async function createProduct(
  pool: Pool,
  { providerId, values, by }: ProductCreation,
): Promise<ProductCreationOutcome> {
  const { product: requested, errors } = parseProduct(defaultProduct(by.now), { name: "", ...values });
  const systemNameInput = parseText(values, "system_name");
  const systemName = systemNameInput.value || deriveSystemName(requested.name);
  const refused = mergeErrors(errors, {
    system_name: [...systemNameInput.wrong, ...(isSystemName(systemName) ? [] : ["invalid"])],
  });
  if (!hasNoErrors(refused)) return { refused };
  return pool.inTransaction(async (tx) => {
    const outcome = await insertProductWithPlan(tx, providerId, { ...requested, systemName }, by);
    if ("product" in outcome || systemNameInput.value) return outcome;
    return insertProductWithPlan(tx, providerId, { ...requested, systemName: alternativeSystemName(systemName) }, by);
  });
}

async function insertProductWithPlan(
  tx: Transaction,
  providerId: number,
  requested: Product,
  { actor, now }: ChangeContext,
): Promise<ProductCreationOutcome> {
  const inserted = await insertProduct(tx, { ...requested, providerId, now });
  if (!inserted) return { refused: { system_name: ["has already been taken"] } };
  const { id } = inserted;
  const service = { name: "Default", systemName: "default", state: "published" } as const;
  await insertDefaultPlan(tx, { providerId, productId: id, kind: "service_plan", ...service, now });
  const oidcConfiguration = requested.oidcConfiguration && { ...requested.oidcConfiguration, id };
  const auditRecord = { action: "product.created", subject: `product/${id}`, detail: { name: requested.name } };
  await recordAudit(tx, { providerId, actor, ...auditRecord });
  return { product: await updateProductRow(tx, providerId, { ...requested, id, oidcConfiguration }, now) };
}

/** Defaults of a new product. The id is assigned on insertion. */
const defaultProduct = (now: Date): Product => ({
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

interface ProductUpdate {
  readonly providerId: number;
  readonly productId: number;
  readonly values: FieldInput;
  readonly by: ChangeContext;
}

/** Changes a product, without events, although documents of its applications may show other credentials afterwards. */
export async function updateProduct(
  pool: Pool,
  { providerId, productId, values, by }: ProductUpdate,
): Promise<{ readonly product: Product } | { readonly refused: FieldErrors } | undefined> {
  return pool.inTransaction(async (tx) => {
    const before = await lockProduct(tx, providerId, productId);
    if (!before) return undefined;
    const { product, errors } = parseProduct(before, values);
    if (!hasNoErrors(errors)) return { refused: errors };
    const changed = changedFields(before, product);
    const auditRecord = { action: "product.changed", subject: `product/${productId}`, detail: { changed } };
    if (changed.length > 0) await recordAudit(tx, { providerId, actor: by.actor, ...auditRecord });
    return { product: await updateProductRow(tx, providerId, product, by.now) };
  });
}
