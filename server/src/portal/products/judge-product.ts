import {
  judgeEmail,
  mergeErrors,
  readAnnotations,
  readChoice,
  readName,
  readText,
  readTruth,
  wrongOf,
  type FieldErrors,
  type FieldInput,
  type Read,
} from "#portal/fields/index.ts";

import {
  notificationRecipients,
  type NotificationSettings,
  type OidcConfiguration,
  type Product,
  type ProductState,
} from "./product.ts";

const longTextLengthMax = 65_535;
const authentications = ["1", "2", "oauth", "oidc"] as const;
const deploymentOptions = [
  "hosted",
  "self_managed",
  "service_mesh_istio",
  ...["ruby", "java", "python", "nodejs", "php", "rest", "csharp"].map((plugin) => `plugin_${plugin}`),
];

/** A product after an input, and what is wrong with it. What the input does not name stays; the system name always does. */
export function judgeProduct(
  before: Product,
  input: FieldInput,
): { readonly product: Product; readonly errors: FieldErrors } {
  const { texts, truths } = readProduct(input);
  const stateEvent = readStateEvent(before.state, input["state_event"]);
  const notifications = readNotificationSettings(input["notification_settings"]);
  const { annotations, errors: wrongAnnotations } = readAnnotations(before.annotations, input["annotations"]);
  const supportEmail = texts.support_email.value;
  const product: Product = {
    ...before,
    ...authenticatedBy(before, texts.backend_version.value),
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
    errors: mergeErrors(wrongOf(texts), wrongOf(truths), wrongAnnotations, {
      support_email: supportEmail ? judgeEmail(supportEmail) : [],
      state_event: stateEvent.wrong,
      notification_settings: notifications.wrong,
    }),
  };
}

const readProduct = (input: FieldInput) =>
  ({
    texts: {
      name: readName(input, "name"),
      description: readText(input, "description", longTextLengthMax),
      support_email: readText(input, "support_email"),
      backend_version: readChoice(input, "backend_version", authentications),
      deployment_option: readChoice(input, "deployment_option", deploymentOptions),
      buyer_plan_change_permission: readText(input, "buyer_plan_change_permission"),
      txt_support: readText(input, "txt_support", longTextLengthMax),
      terms: readText(input, "terms", longTextLengthMax),
    },
    truths: {
      intentions_required: readTruth(input, "intentions_required"),
      mandatory_app_key: readTruth(input, "mandatory_app_key"),
      referrer_filters_required: readTruth(input, "referrer_filters_required"),
      buyers_manage_apps: readTruth(input, "buyers_manage_apps"),
      buyers_manage_keys: readTruth(input, "buyers_manage_keys"),
      custom_keys_enabled: readTruth(input, "custom_keys_enabled"),
      buyer_key_regenerate_enabled: readTruth(input, "buyer_key_regenerate_enabled"),
      buyer_can_select_plan: readTruth(input, "buyer_can_select_plan"),
    },
  }) as const;

/** An empty text is one: JSON shows it, and leaves out what is null. */
const textAfter = (before: string | null, sent: unknown, { value }: Read<string>): string | null =>
  sent === null ? null : (value ?? before);

interface Transition {
  readonly from: readonly ProductState[];
  readonly to: ProductState;
}

// 3scale knows `reject`, too, from no state. `mark_as_deleted` also needs what else there is: see `deleteProduct`.
const transitions: Readonly<Record<string, Transition | null>> = {
  publish: { from: ["incomplete", "hidden", "offline", "published"], to: "published" },
  hide: { from: ["incomplete", "published"], to: "hidden" },
  complete: { from: ["incomplete"], to: "hidden" },
  take_offline: { from: ["published"], to: "offline" },
  deprecate: { from: ["incomplete", "hidden", "offline", "published"], to: "deprecated" },
  reject: null,
  mark_as_deleted: null,
};

/** A state event that does not lead on from a state is refused by that state. */
export const cannotFrom = (state: string): readonly string[] => [`cannot transition when ${state}`];

function readStateEvent(state: ProductState, event: unknown): Read<ProductState> {
  if (event === undefined || event === null || event === "") return { value: undefined, wrong: [] };
  if (typeof event !== "string" || !Object.hasOwn(transitions, event)) return { value: undefined, wrong: ["invalid"] };
  const transition = transitions[event];
  return transition?.from.includes(state)
    ? { value: transition.to, wrong: [] }
    : { value: undefined, wrong: cannotFrom(state) };
}

/** Replaces all of them; an empty value leaves none. Unknown recipients are dropped, as 3scale drops them. */
function readNotificationSettings(sent: unknown): Read<NotificationSettings> {
  if (sent === undefined) return { value: undefined, wrong: [] };
  if (sent === null || sent === "") return { value: {}, wrong: [] };
  if (typeof sent !== "object" || Array.isArray(sent)) return { value: undefined, wrong: ["is invalid"] };
  const lists = Object.entries(sent).flatMap(([name, list]: [string, unknown]) => {
    const recipient = notificationRecipients.find((it) => it === name);
    return recipient === undefined ? [] : [[recipient, readPercentages(list)] as const];
  });
  const settings = Object.fromEntries(lists.flatMap(([name, list]) => (list ? [[name, list] as const] : [])));
  return lists.some(([, list]) => list === undefined)
    ? { value: undefined, wrong: ["must be lists of whole numbers"] }
    : { value: settings, wrong: [] };
}

const percentagesMax = 100;

/** Forms send an empty text where nothing is ticked, which 3scale stores as 0. */
function readPercentages(sent: unknown): readonly number[] | undefined {
  const texts = Array.isArray(sent) ? sent.map(textOfNumber) : undefined;
  if (!texts || texts.length > percentagesMax || !texts.every((text) => /^\d{0,9}$/.test(text))) return undefined;
  return texts.map(Number);
}

const textOfNumber = (it: unknown): string =>
  typeof it === "string" || typeof it === "number" ? String(it).trim() : it === null ? "" : "none";

/** OpenID Connect is OAuth with a configuration. */
function authenticatedBy(
  before: Product,
  wanted: (typeof authentications)[number] | undefined,
): Pick<Product, "backendVersion" | "oidcConfiguration"> {
  if (wanted === undefined) return before;
  if (wanted !== "oidc") return { backendVersion: wanted, oidcConfiguration: null };
  return { backendVersion: "oauth", oidcConfiguration: before.oidcConfiguration ?? newOidcConfiguration(before.id) };
}

const newOidcConfiguration = (id: number): OidcConfiguration => ({
  id,
  standard_flow_enabled: true,
  implicit_flow_enabled: false,
  service_accounts_enabled: false,
  direct_access_grants_enabled: false,
});
