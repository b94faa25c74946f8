import { isDeepStrictEqual } from "node:util";
import { type TSchema, type TSchemaOptions, Type } from "typebox";
import { type ChangeContext, type ProviderUser, notifyCallersChanged, recordAudit } from "#access/index.ts";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { assignments, documentProperties, selectList, updateValues } from "#platform/database/field-table.ts";
import { type Json, type Node, list, record, value } from "#platform/document.ts";
import { isBlank } from "#platform/visible-text.ts";
import { isXmlText } from "#platform/xml.ts";
import {
  type FieldErrors,
  type FieldInput,
  type Parsed,
  emailErrors,
  hasNoErrors,
  mergeErrors,
  parseRailsBoolean,
  parseRequest,
  plainText,
  requestName,
  type SettableTable,
} from "#portal/fields/index.ts";
import { type Provider, isTimeZone, writeTimestamp } from "#portal/providers/index.ts";
import { readSignInTest } from "#portal/single-sign-on/index.ts";
import { representProviderUser } from "./provider-users.ts";

const planPermissions = ["direct", "request", "credit_card", "request_credit_card", "none"] as const;
/** Lets developers change a plan themselves, request it, or change it only with a credit card. */
export type PlanPermission = (typeof planPermissions)[number];

/** `hidden` allows the same as `visible`. `denied` sends nothing and closes the pages of webhooks. */
const webHooksStates = ["denied", "hidden", "visible"] as const satisfies readonly Provider["webHooks"][];

/** The range of the minimum password length. */
const passwordLengths = { min: 8, max: 100 } as const;

/** The provider's settings of itself and its portal. */
export interface ProviderSettings extends Pick<
  Provider,
  "name" | "timeZone" | "webHooks" | "signupsEnabled" | "emailActivation" | "passwordLengthMin"
> {
  readonly userAccountAreaEnabled: boolean;
  /** Null until first set. */
  readonly hideService: boolean | null;
  readonly publicSearch: boolean;
  readonly accountPlansUiVisible: boolean;
  readonly changeAccountPlanPermission: PlanPermission;
  readonly servicePlansUiVisible: boolean;
  readonly changeServicePlanPermission: PlanPermission;
  readonly enforceSso: boolean;
  /** True if the default account plan, or else the first, requires approval. */
  readonly accountApprovalRequired: boolean;
  /** Null to use the installation's address. Empty for none, as 3scale stores it. */
  readonly fromEmail: string | null;
  readonly supportEmail: string | null;
  readonly financeSupportEmail: string | null;
  readonly siteAccessCode: string | null;
}

/** Refuses an empty text, too. */
const choiceOf =
  <Choice extends string>(choices: readonly Choice[]) =>
  (values: FieldInput, name: string): Parsed<Choice> => {
    const text = plainText(values[name]);
    const chosen = choices.find((choice) => choice === text);
    return { value: chosen, wrong: text !== undefined && chosen === undefined ? ["is not included in the list"] : [] };
  };

const parseEmailActivation = (values: FieldInput, name: string): Parsed<boolean | null> =>
  plainText(values[name]) === "" ? { value: null, wrong: [] } : parseRailsBoolean(values, name);

const parseNumber = (values: FieldInput, name: string): Parsed<number> => {
  const text = plainText(values[name]);
  return { value: text === undefined ? undefined : Number(text), wrong: [] };
};

const parseTrimmed = (values: FieldInput, name: string): Parsed<string> => ({
  value: plainText(values[name])?.trim(),
  wrong: [],
});

/** An empty text removes the value. */
const parseContact = (values: FieldInput, name: string): Parsed<string | null> => {
  const { value: text, wrong } = parseTrimmed(values, name);
  return { value: text === "" ? null : text, wrong };
};

/** An empty text stays empty. Null restores the default. */
const parseFromEmail = (values: FieldInput, name: string): Parsed<string | null> =>
  values[name] === null ? { value: null, wrong: [] } : parseTrimmed(values, name);

const setting = <Value>(schema: TSchema, parse: (values: FieldInput, name: string) => Parsed<Value>) =>
  ({ update: true, document: "settings", set: { schema, required: true, parse } }) as const;

const booleanSetting = (options: TSchemaOptions = {}) => setting(Type.Boolean(options), parseRailsBoolean);

const planPermission = setting(Type.String({ enum: [...planPermissions] }), choiceOf(planPermissions));

const contact = { update: true, document: "contacts", set: { schema: Type.String(), parse: parseContact } } as const;

const accountAreaSetting = booleanSetting({ description: "Developers can view and edit their account." });

/**
 * Statements, requests and documents derive from these rows, in this order. The groups `settings` and `contacts` each
 * have a request.
 */
export const settingsFields = {
  userAccountAreaEnabled: {
    ...accountAreaSetting,
    set: { ...accountAreaSetting.set, name: "useraccountarea_enabled" },
  },
  hideService: {
    update: true,
    document: "settings",
    set: { schema: Type.Boolean({ description: "Absent until set for the first time." }), parse: parseRailsBoolean },
  },
  signupsEnabled: booleanSetting(),
  accountApprovalRequired: {
    // Not a column of the provider: see `updateApprovalStatement`.
    read: `coalesce((
      select approval_required
      from plans
      where plans.provider_id = provider.id and kind = 'account_plan' and customized_from is null
      order by is_default desc, id
      limit 1), false)`,
    document: "settings",
    set: {
      schema: Type.Boolean({
        description:
          "The setting of the account plan. Cannot be changed here if there are several account plans, each with its own.",
      }),
      required: true,
      parse: parseRailsBoolean,
    },
  },
  publicSearch: booleanSetting(),
  accountPlansUiVisible: booleanSetting(),
  changeAccountPlanPermission: planPermission,
  servicePlansUiVisible: booleanSetting(),
  changeServicePlanPermission: planPermission,
  enforceSso: booleanSetting({
    description:
      "Your team signs in to the Admin Portal only with an authentication provider. Needs a published one that somebody has signed in with since its last change.",
  }),
  emailActivation: setting(
    Type.Union([
      Type.Boolean({
        description:
          "New developers must confirm their email address before they can use their account. Null, or an empty text in a form: only if email can be sent.",
      }),
      Type.Null(),
    ]),
    parseEmailActivation,
  ),
  passwordLengthMin: setting(
    Type.Integer({
      minimum: passwordLengths.min,
      maximum: passwordLengths.max,
      description: "The minimum length of passwords, of developers and of your own users.",
    }),
    parseNumber,
  ),
  timeZone: setting(
    Type.String({
      description:
        "An IANA time zone such as Europe/Oslo, for the times in responses and webhooks. Webhooks of a visitor's sign-up have UTC.",
    }),
    parseTrimmed,
  ),
  webHooks: setting(
    Type.String({
      enum: [...webHooksStates],
      description: "Denied: no webhooks are sent. Only admins and the provider key can change it.",
    }),
    choiceOf(webHooksStates),
  ),
  name: { update: true },
  fromEmail: { ...contact, set: { ...contact.set, parse: parseFromEmail } },
  supportEmail: contact,
  financeSupportEmail: contact,
  siteAccessCode: contact,
} as const satisfies SettableTable<ProviderSettings>;

const readSettingsStatement = `select ${selectList(settingsFields)} from providers as provider where id = $1`;

export async function readProviderSettings(db: Database, providerId: number): Promise<ProviderSettings> {
  const [settings] = await db.query<ProviderSettings>(readSettingsStatement, [providerId]);
  if (!settings) throw new Error(`Provider ${providerId} is gone.`);
  return settings;
}

/** Locks and returns the settings, which stay unchanged until this transaction changes them or ends. */
const lockProviderSettings = async (tx: Transaction, providerId: number): Promise<ProviderSettings> => {
  await tx.query(`select from providers where id = $1 for no key update`, [providerId]);
  return readProviderSettings(tx, providerId);
};

const updateSettingsStatement = `update providers set ${assignments(settingsFields, 3)}, updated_at = $2 where id = $1`;

const updateApprovalStatement = `
  update plans
  set approval_required = $2, updated_at = $3
  where provider_id = $1 and kind = 'account_plan' and customized_from is null and approval_required <> $2
    and not exists (
      select from plans as other
      where other.provider_id = $1 and other.kind = 'account_plan' and other.customized_from is null
        and other.id <> plans.id)`;

/** Writes locked settings. Approval belongs to the account plan, and stays unchanged if there are several. */
async function updateProviderSettingsRow(
  tx: Transaction,
  providerId: number,
  settings: ProviderSettings,
  now: Date,
): Promise<void> {
  await tx.query(updateSettingsStatement, [providerId, now, ...updateValues(settingsFields, settings)]);
  notifyCallersChanged(tx, providerId);
  await tx.query(updateApprovalStatement, [providerId, settings.accountApprovalRequired, now]);
}

/** The contact addresses in documents. */
export interface ContactAddresses {
  readonly supportEmail: string | null;
  readonly financeSupportEmail: string | null;
}

// Served by the primary keys of both tables.
const readContactsStatement = `
  select coalesce(nullif(support_email, ''), first_admin.email) as "supportEmail",
    coalesce(nullif(finance_support_email, ''), nullif(support_email, ''), first_admin.email) as "financeSupportEmail"
  from providers as provider
  left join lateral (
    select email
    from provider_users
    where provider_id = provider.id and role = 'admin' and email is not null
    order by id
    limit 1) as first_admin on true
  where provider.id = $1`;

/** Returns the addresses. Blank ones fall back to the support address, then to the first admin's address. */
export async function readContactAddresses(db: Database, providerId: number): Promise<ContactAddresses> {
  const [addresses] = await db.query<ContactAddresses>(readContactsStatement, [providerId]);
  if (!addresses) throw new Error(`Provider ${providerId} is gone.`);
  return addresses;
}

/** Parses the settings of a group that a request sets. */
export function parseProviderSettings(
  values: FieldInput,
  group: "settings" | "contacts",
  now: Date,
): { readonly change: Readonly<Partial<ProviderSettings>> } | { readonly refused: FieldErrors } {
  const { changes, errors } = parseRequest<ProviderSettings>(settingsFields, { values, writer: "program", now }, group);
  return hasNoErrors(errors) ? { change: changes } : { refused: errors };
}

interface ProviderSettingsUpdate {
  readonly providerId: number;
  /** Settings that are left out stay unchanged. */
  readonly change: Readonly<Partial<ProviderSettings>>;
  readonly by: ChangeContext;
}

/** Updates the provider's settings and records an audit record, because they have no events. */
export async function updateProviderSettings(
  pool: Pool,
  { providerId, change, by }: ProviderSettingsUpdate,
): Promise<{ readonly settings: ProviderSettings } | { readonly refused: FieldErrors }> {
  return pool.inTransaction(async (tx) => {
    const before = await lockProviderSettings(tx, providerId);
    const settings: ProviderSettings = { ...before, ...change };
    const refused = mergeErrors(settingsErrors(settings), {
      enforce_sso: change.enforceSso && !before.enforceSso ? await enforceSsoErrors(tx, providerId) : [],
    });
    if (!hasNoErrors(refused)) return { refused };
    if (isDeepStrictEqual(settings, before)) return { settings };

    await updateProviderSettingsRow(tx, providerId, settings, by.now);
    const auditRecord = {
      action: "provider.changed",
      subject: `provider/${providerId}`,
      detail: { changed: Object.keys(change) },
    };
    await recordAudit(tx, { providerId, actor: by.actor, ...auditRecord });
    return { settings: await readProviderSettings(tx, providerId) };
  });
}

/** Without an authentication provider that works, the setting would lock everyone out. */
async function enforceSsoErrors(tx: Transaction, providerId: number): Promise<readonly string[]> {
  const { isPublished, isTested } = await readSignInTest(tx, providerId);
  if (!isPublished)
    return ["Password-based authentication could not be disabled. No published authentication providers."];
  return isTested ? [] : ["SSO could not be enforced. Authentication flow has to be checked."];
}

const isSsoEnforcedStatement = `select enforce_sso as is_enforced from providers where id = $1`;

/** Returns whether the provider's users sign in only with identity providers. */
export async function isSsoEnforced(db: Database, providerId: number): Promise<boolean> {
  const [settings] = await db.query<{ isEnforced: boolean }>(isSsoEnforcedStatement, [providerId]);
  return settings?.isEnforced ?? false;
}

const settingLengthMax = 255;

/** Documents contain the name, and pages and mails show it. */
export const providerNameErrors = (name: string): readonly string[] =>
  isBlank(name) || !isShortText(name)
    ? [`must have 1 to ${settingLengthMax} characters, and no control characters`]
    : [];

const settingsErrors = (settings: ProviderSettings): FieldErrors =>
  mergeErrors({
    name: providerNameErrors(settings.name),
    time_zone: isTimeZone(settings.timeZone) ? [] : ["is not a time zone; name one as in Europe/Oslo, or UTC"],
    password_length_min: isPasswordLength(settings.passwordLengthMin)
      ? []
      : [`must be a whole number from ${passwordLengths.min} to ${passwordLengths.max}`],
    from_email: optionalEmailErrors(settings.fromEmail),
    support_email: optionalEmailErrors(settings.supportEmail),
    finance_support_email: optionalEmailErrors(settings.financeSupportEmail),
    site_access_code: isShortText(settings.siteAccessCode ?? "")
      ? []
      : [`may have ${settingLengthMax} characters at most`],
  });

const isPasswordLength = (length: number): boolean =>
  Number.isInteger(length) && length >= passwordLengths.min && length <= passwordLengths.max;

const isShortText = (text: string): boolean => text.length <= settingLengthMax && isXmlText(text);

const optionalEmailErrors = (email: string | null): readonly string[] => (email ? emailErrors(email) : []);

const shownSettings = documentProperties(settingsFields, "settings");

/** Represents the settings as JSON. */
export const settingsToJson = (settings: ProviderSettings): Json => ({
  settings: Object.fromEntries(
    shownSettings
      .filter((property) => property !== "hideService" || settings.hideService !== null)
      .map((property) => [requestName(settingsFields, property), settings[property]]),
  ),
});

/** Origins of the provider's two sides: `https://acme-admin.example.com`. */
interface Origins {
  readonly admin: string;
  readonly developer: string;
}

/** A provider with everything that its documents contain. */
export interface ProviderDetails {
  readonly provider: Provider;
  readonly settings: ProviderSettings;
  readonly contacts: ContactAddresses;
  /** The sender of mails if the provider has no `from_email`. */
  readonly noReplyAddress: string;
  /** The provider's own users that the client may see. */
  readonly users: readonly ProviderUser[];
}

/** Represents a provider as an account. It has no plans and no credit card, because it is not billed. */
export function representProvider(details: ProviderDetails, origins: Origins): Node {
  const { provider, settings, users } = details;
  const time = (at: Date): string => writeTimestamp(at, provider.timeZone);
  return record("account", [
    value("id", provider.id),
    value("created_at", time(provider.createdAt)),
    value("updated_at", time(provider.updatedAt)),
    value("state", provider.state),
    record("annotations", []),
    value("admin_domain", hostOf(origins.admin)),
    value("domain", hostOf(origins.developer)),
    value("admin_base_url", origins.admin),
    value("base_url", origins.developer),
    ...addressesOf(details).map(([name, address]) => value(name, address)),
    value("org_name", settings.name),
    record("extra_fields", []),
    ...Object.entries(billingOf(provider)).map(([name, content]) => value(name, content)),
    value("credit_card_stored", false),
    list("plans", [], "alone"),
    list(
      "users",
      users.map((user) => representProviderUser(user, provider)),
      "alone",
    ),
  ]);
}

export function providerToJson(details: ProviderDetails, origins: Origins): Json {
  const { provider, settings } = details;
  const time = (at: Date): string => writeTimestamp(at, provider.timeZone);
  return {
    account: {
      id: provider.id,
      created_at: time(provider.createdAt),
      updated_at: time(provider.updatedAt),
      admin_domain: hostOf(origins.admin),
      domain: hostOf(origins.developer),
      admin_base_url: origins.admin,
      base_url: origins.developer,
      ...Object.fromEntries(addressesOf(details).filter(([, address]) => address !== null)),
      credit_card_stored: false,
      ...billingOf(provider),
      state: provider.state,
      annotations: {},
      links: [{ rel: "users", href: `${origins.admin}/admin/api/users` }],
      org_name: settings.name,
    },
  };
}

const addressesOf = ({
  settings,
  contacts,
  noReplyAddress,
}: ProviderDetails): readonly (readonly [name: string, address: string | null])[] => [
  ["from_email", settings.fromEmail ?? noReplyAddress],
  ["support_email", contacts.supportEmail],
  ["finance_support_email", contacts.financeSupportEmail],
  ["site_access_code", settings.siteAccessCode],
];

/** The values of a new account. Left out, as for every account, if it is suspended or scheduled for deletion. */
const billingOf = ({ state }: Provider): Readonly<Record<string, boolean>> =>
  state === "approved" ? { monthly_billing_enabled: true, monthly_charging_enabled: true } : {};

const hostOf = (origin: string): string => origin.replace(/^https?:\/\//, "");
