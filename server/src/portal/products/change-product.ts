import { type ChangeContext, changedFields, recordAudit, lockLimit, requireWithinLimit } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { randomHex } from "#platform/ids.ts";
import { countLimits, textLimits } from "#platform/limits.ts";
import {
  type FieldErrors,
  type FieldInput,
  type ObjectInput,
  type Parsed,
  hasNoErrors,
  mergeErrors,
  parseAnnotations,
  parseChoice,
  parseRequest,
  parseText,
  takenErrors,
  textsOfAllErrors,
} from "#portal/fields/index.ts";
import { insertDefaultPlan } from "./plan.ts";
import {
  authenticationModes,
  type OidcConfiguration,
  type Product,
  type ProductState,
  insertProduct,
  lockProduct,
  productFields,
  updateProductRow,
} from "./product.ts";

const systemNameLengthMax = 255;
const suffixBytes = 3;
const randomBytesOfName = 6;

/** Letters in the form that 3scale gives them, unless it is the letter without its mark. */
const spelledOut: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "×": "x",
    ß: "ss",
    ẞ: "ss",
    æ: "ae",
    œ: "oe",
    ø: "o",
    ð: "d",
    đ: "d",
    þ: "th",
    ħ: "h",
    ı: "i",
    ĳ: "ij",
    ĸ: "k",
    ŀ: "l",
    ł: "l",
    ŉ: "-n",
    ŋ: "ng",
    ŧ: "t",
  }),
);

/** The letters that 3scale spells in ASCII. It replaces all others, such as those of Vietnamese, like a space. */
const spelledLetters = /[×ßà-öø-žǫǭẞ]/g;

/**
 * Derives a system name from a display name as 3scale does (`parameterize.underscore`): "Gold & Co." becomes `gold_co`, and underscores
 * stay as they are. Returns undefined for a name without letters that it can spell.
 */
export function deriveSystemName(name: string): string | undefined {
  const derived = name
    .normalize("NFC")
    .replaceAll("İ", "i") // in lower case, it is an i and a mark
    .toLowerCase()
    .replaceAll(spelledLetters, (letter) => spelledOut.get(letter) ?? letter.normalize("NFD").slice(0, 1))
    .replaceAll(/[^a-z0-9_-]+/g, "-")
    .replaceAll(/-{2,}/g, "-")
    .replaceAll(/^-|-$/g, "")
    .replaceAll("-", "_")
    .slice(0, systemNameLengthMax);
  // A system name has at least two characters.
  return derived.length === 1 ? `${derived}_` : derived || undefined;
}

const systemNamePattern = /^\w[\w/-]+$/;

export const isSystemName = (text: string): boolean =>
  text.length <= systemNameLengthMax && systemNamePattern.test(text);

/**
 * Parses the system name of a new object: as sent, derived from its display name, or random. If a derived name is taken, the object gets
 * the alternative. As in 3scale, that of a program is refused: otherwise it would create a copy each time it makes sure that something
 * exists.
 */
export function parseNewSystemName(values: FieldInput, kind: string, displayName: string, { channel }: ChangeContext) {
  const { value: sent, wrong } = parseText(values, "system_name");
  const systemName = sent || deriveSystemName(displayName) || `${kind}_${randomHex(randomBytesOfName)}`;
  const beginning = systemName.slice(0, systemNameLengthMax - 2 * suffixBytes - 1);
  return {
    systemName,
    alternative: sent || channel === "api" ? undefined : `${beginning}_${randomHex(suffixBytes)}`,
    wrong: [...wrong, ...(isSystemName(systemName) ? [] : ["invalid"])],
  };
}

/** Inserts an object by its system name, or by the alternative if that is taken. Returns undefined if both are taken. */
export const insertNamed = async <Inserted>(
  { systemName, alternative }: ReturnType<typeof parseNewSystemName>,
  insert: (systemName: string) => Promise<Inserted | undefined>,
): Promise<Inserted | undefined> => (await insert(systemName)) ?? (alternative ? insert(alternative) : undefined);

/**
 * Parses an input into the changed product and returns all errors. Values that the input omits stay unchanged; the
 * system name never changes.
 */
function parseProduct(
  before: Product,
  values: FieldInput,
  now: Date,
): { readonly product: Product; readonly errors: FieldErrors } {
  const { changes, errors } = parseRequest<Product>(productFields, { values, writer: "program", now });
  const authentication = parseChoice(values, "backend_version", authenticationModes);
  const stateEvent = parseStateEvent(before.state, values["state_event"]);
  const { annotations, errors: wrongAnnotations } = parseAnnotations(before.annotations, values["annotations"]);
  return {
    product: {
      ...before,
      ...authenticationAfter(before, authentication.value),
      ...changes,
      state: stateEvent.value ?? before.state,
      annotations,
    },
    errors: mergeErrors(errors, wrongAnnotations, {
      backend_version: authentication.wrong,
      state_event: stateEvent.wrong,
    }),
  };
}

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

type ProductOutcome = { readonly product: Product } | { readonly refused: FieldErrors };

/** Creates a product with a default service plan. The provider adds application plans. */
export async function createProduct(pool: Pool, { providerId, values, by }: ObjectInput): Promise<ProductOutcome> {
  const { product: requested, errors } = parseProduct(defaultProduct(by.now), { name: "", ...values }, by.now);
  const named = parseNewSystemName(values, "service", requested.name, by);
  const refused = mergeErrors(errors, { system_name: named.wrong });
  if (!hasNoErrors(refused)) return { refused };
  return pool.inTransaction(async (tx) => {
    await requireWithinLimit(tx, countLimits.products, { providerId });
    await requireWithinLimit(tx, countLimits.plans, { providerId });
    const tooLong = await textsOfProductsErrors(tx, providerId, requested);
    if (!hasNoErrors(tooLong)) return { refused: tooLong };
    const product = await insertNamed(named, (systemName) =>
      insertProductWithPlan(tx, providerId, { ...requested, systemName }, by),
    );
    return product ? { product } : { refused: { system_name: takenErrors(true) } };
  });
}

// By primary key.
const lengthOfOthersStatement = `
  select coalesce(sum(
    coalesce(length(description), 0) + coalesce(length(terms), 0) + coalesce(length(txt_support), 0)), 0)::float8 as length
  from products
  where provider_id = $1 and id <> $2`;

const textsOf = ({ description, terms, txtSupport }: Product): object => ({ description, terms, txtSupport });

/** Returns an error if a new or changed product has too long texts, together with all others of the provider. */
const textsOfProductsErrors = (
  tx: Transaction,
  providerId: number,
  product: Product,
  before?: Product,
): Promise<FieldErrors> =>
  textsOfAllErrors("products", { after: textsOf(product), before: before && textsOf(before) }, async () => {
    lockLimit(tx, textLimits.products, { providerId });
    const [others] = await tx.query<{ length: number }>(lengthOfOthersStatement, [providerId, product.id]);
    return others?.length ?? 0;
  });

/** Returns undefined if another product has the system name. */
async function insertProductWithPlan(
  tx: Transaction,
  providerId: number,
  requested: Product,
  { actor, now }: ChangeContext,
): Promise<Product | undefined> {
  const inserted = await insertProduct(tx, { ...requested, providerId, now });
  if (!inserted) return undefined;
  const { id } = inserted;
  const service = { name: "Default", systemName: "default", state: "published" } as const;
  await insertDefaultPlan(tx, { providerId, productId: id, kind: "service_plan", ...service, now });
  const oidcConfiguration = requested.oidcConfiguration && { ...requested.oidcConfiguration, id };
  const auditRecord = { action: "product.created", subject: `product/${id}`, detail: { name: requested.name } };
  await recordAudit(tx, { providerId, actor, ...auditRecord });
  return updateProductRow(tx, providerId, { ...requested, id, oidcConfiguration }, now);
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

/** Changes a product, without events, although documents of its applications may show other credentials afterwards. */
export const updateProduct = (
  pool: Pool,
  { productId, ...change }: ObjectInput & { readonly productId: number },
): Promise<ProductOutcome | undefined> =>
  pool.inTransaction(async (tx) => {
    const before = await lockProduct(tx, change.providerId, productId);
    return before && changeLockedProduct(tx, before, change);
  });

/** Changes a locked product within the transaction of its caller. */
export async function changeLockedProduct(
  tx: Transaction,
  before: Product,
  { providerId, values, by }: ObjectInput,
): Promise<ProductOutcome> {
  const { product, errors } = parseProduct(before, values, by.now);
  const refused = mergeErrors(errors, await textsOfProductsErrors(tx, providerId, product, before));
  if (!hasNoErrors(refused)) return { refused };
  const changed = changedFields(before, product);
  if (changed.length === 0) return { product: before };
  const auditRecord = { action: "product.changed", subject: `product/${before.id}`, detail: { changed } };
  await recordAudit(tx, { providerId, actor: by.actor, ...auditRecord });
  return { product: await updateProductRow(tx, providerId, product, by.now) };
}
