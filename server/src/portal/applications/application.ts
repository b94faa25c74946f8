import { isDate } from "node:util/types";
import { Type } from "typebox";
import { auditedChanges, columnOf, documentProperties } from "#platform/database/field-table.ts";
import { type Json, type Node, list, record, value } from "#platform/document.ts";
import { randomHex } from "#platform/ids.ts";
import { parseLenientTime } from "#platform/times.ts";
import { isXmlText } from "#platform/xml.ts";
import type { AccountEvent } from "#portal/accounts/account-events.ts";
import {
  type DocumentSettings,
  type FieldValues,
  fieldsToJson,
  representFields,
  type SettableTable,
  type FieldInput,
  type Parsed,
  type Received,
} from "#portal/fields/index.ts";
import { type OidcConfiguration, type Plan, type Product, representPlan } from "#portal/products/index.ts";
import { writeTimestamp } from "#portal/providers/index.ts";

/** Returns the text of a value, or undefined if the input does not contain it. */
function textInput(values: FieldInput, name: string): string | undefined {
  const input = values[name];
  if (input === undefined) return undefined;
  return typeof input === "string" || typeof input === "number" ? String(input).trim() : "";
}

/** Returns null for an empty text. */
function parseTime(values: FieldInput, name: string, { now, timeZone }: Received): Parsed<Date | null> {
  const text = textInput(values, name);
  if (text === undefined || text === "") return { value: text === "" ? null : undefined, wrong: [] };
  const time = parseLenientTime(text, now, timeZone);
  return { value: time, wrong: time === undefined ? ["is invalid"] : [] };
}

const urlLengthMax = 65_535;

function parseRedirectUrl(values: FieldInput, name: string): Parsed<string | null> {
  const url = textInput(values, name);
  return { value: url === "" ? null : url, wrong: urlErrors(url ?? "") };
}

function urlErrors(url: string): readonly string[] {
  if (!isXmlText(url)) return ["contains characters that are not allowed"];
  return url.length > urlLengthMax ? [`is too long (maximum is ${urlLengthMax} characters)`] : [];
}

const originLengthMax = 255;

function parseOrigin(values: FieldInput, name: string): Parsed<string> {
  const origin = textInput(values, name) || undefined;
  const isInvalid = origin !== undefined && (origin.length > originLengthMax || !isXmlText(origin));
  return { value: origin, wrong: isInvalid ? ["is invalid"] : [] };
}

const userKeyLengthMax = 256;
// Words with dots and dashes, or base64 without slashes, which would end the key in a URL path.
const userKeyPattern = /^([\w.-]+|([A-Za-z0-9+]{4})*([A-Za-z0-9+]{4}|[A-Za-z0-9+]{3}=|[A-Za-z0-9+]{2}==))$/;

function parseUserKey(values: FieldInput, name: string): Parsed<string> {
  const userKey = textInput(values, name) || undefined;
  return { value: userKey, wrong: userKey === undefined ? [] : userKeyErrors(userKey) };
}

function userKeyErrors(userKey: string): readonly string[] {
  if (userKey.length > userKeyLengthMax) return [`is too long (maximum is ${userKeyLengthMax} characters)`];
  return userKeyPattern.test(userKey) ? [] : ["is invalid"];
}

const idLengthMin = 4;
const idLengthMax = 255;

/** Parses one key or a list of keys. Empty keys are dropped. */
export function parseKeys(values: FieldInput, name: string): Parsed<readonly string[]> {
  const input = values[name];
  const items: readonly unknown[] = Array.isArray(input) ? input : [input];
  const keys = items.map((key) => textInput({ key }, "key") ?? "").filter((key) => key !== "");
  const isRepeated = new Set(keys.map((key) => key.toLowerCase())).size < keys.length;
  const wrong = [...new Set(keys.flatMap(keyErrors)), ...(isRepeated ? ["has already been taken"] : [])];
  return { value: keys.length > 0 ? keys : undefined, wrong };
}

// Printable, without spaces and slashes, which would end the id in a URL path.
const idPattern = /^[\x21-\x2e\x30-\x7e]+$/;

export function parseApplicationId(values: FieldInput, name: string): Parsed<string> {
  const id = textInput(values, name) || undefined;
  return { value: id, wrong: id === undefined ? [] : idErrors(id) };
}

function idErrors(id: string): readonly string[] {
  if (id.length < idLengthMin) return [`is too short (minimum is ${idLengthMin} characters)`];
  if (id.length > idLengthMax) return [`is too long (maximum is ${idLengthMax} characters)`];
  return idPattern.test(id) ? [] : ["is invalid"];
}

const keyLengthMin = 5;
const keyLengthMax = 255;
const printable = /^[\x21-\x7e]+$/;

/** Validates the value of a key. */
export function keyErrors(key: string): readonly string[] {
  if (key.length < keyLengthMin) return [`is too short (minimum is ${keyLengthMin} characters)`];
  if (key.length > keyLengthMax) return [`is too long (maximum is ${keyLengthMax} characters)`];
  return printable.test(key) ? [] : ["is invalid"];
}

export const applicationStates = ["pending", "live", "suspended"] as const;

/** An account's access to a product. 3scale calls it a cinstance. */
export interface Application {
  readonly id: number;
  readonly accountId: number;
  readonly product: Product;
  readonly plan: Plan;
  /** Null if a program created it without a name. */
  readonly name: string | null;
  readonly description: string | null;
  readonly state: (typeof applicationStates)[number];
  /** Authenticates calls of products of version `1`. */
  readonly userKey: string;
  /** Authenticates calls of all other products: the application id or OAuth client id. Not the number in `id`. */
  readonly applicationId: string;
  /** Oldest first. For OAuth and OpenID Connect, the only key is the client secret. */
  readonly keys: readonly ApplicationKey[];
  readonly referrerFilters: readonly string[];
  readonly providerVerificationKey: string;
  readonly redirectUrl: string | null;
  readonly createOrigin: string | null;
  /** Set by programs. No document contains it. */
  readonly acceptedAt: Date | null;
  readonly firstTrafficAt: Date | null;
  readonly firstDailyTrafficAt: Date | null;
  /** All fields except `name` and `description`. */
  readonly fields: FieldValues;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** An application's own row. */
export interface ApplicationRow extends Omit<Application, "product" | "plan" | "keys" | "referrerFilters"> {
  readonly productId: number;
  readonly planId: number;
}

const stored = { insert: true, update: true } as const;

const timeSetter = {
  schema: Type.String({ description: "In your time zone, unless it has its own." }),
  programsOnly: true,
  parse: parseTime,
} as const;

/** Add a property here and to `Application`, its column in a migration, and its name to the reserved names of fields. */
export const applicationFields = {
  id: {},
  accountId: { insert: true },
  productId: { insert: true },
  planId: { ...stored, audited: true },
  // Parsed as fields, whose definitions may require them or limit their values.
  name: { ...stored, audited: true, set: { schema: Type.String() } },
  description: { ...stored, audited: true, set: { schema: Type.String() } },
  state: { ...stored, audited: true },
  userKey: {
    ...stored,
    audited: "secret",
    set: { schema: Type.String(), programsOnly: true, parse: parseUserKey },
  },
  applicationId: { insert: true, set: { schema: Type.String(), once: true } },
  providerVerificationKey: { insert: true },
  redirectUrl: { ...stored, audited: true, set: { schema: Type.String(), parse: parseRedirectUrl } },
  firstTrafficAt: { ...stored, audited: true, document: "traffic", set: timeSetter },
  firstDailyTrafficAt: { ...stored, audited: true, document: "traffic", set: timeSetter },
  acceptedAt: { ...stored, audited: true, set: timeSetter },
  createOrigin: {
    ...stored,
    audited: true,
    set: { schema: Type.String(), programsOnly: true, parse: parseOrigin },
  },
  fields: { ...stored, audited: "each" },
  createdAt: { insert: true },
  updatedAt: stored,
} as const satisfies SettableTable<ApplicationRow>;

export const toRow = ({ product, plan, ...application }: Application): ApplicationRow => ({
  ...application,
  productId: product.id,
  planId: plan.id,
});

export interface ApplicationKey {
  readonly value: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Returns a title for pages and mails, because the name may be missing. */
export const titleOf = ({ id, name }: Pick<Application, "id" | "name">): string => name?.trim() || `Application ${id}`;

interface NewApplication {
  readonly accountId: number;
  readonly product: Product;
  readonly plan: Plan;
  readonly name: string | null;
  readonly description: string | null;
  readonly createOrigin: string;
}

const userKeyBytes = 16;
/** With 4 bytes, as in 3scale, one of 40,000 would clash in a product of 100,000 applications. */
const applicationIdBytes = 8;

export const newUserKey = (): string => randomHex(userKeyBytes);

/**
 * Builds a new application with credentials for all backend versions, because a product can change its version. It is
 * pending if its plan requires approval. The id is assigned on insertion.
 */
export const newApplication = ({ product, plan, ...application }: NewApplication, now: Date): Application => ({
  ...application,
  id: 0,
  product,
  plan,
  state: plan.approvalRequired ? "pending" : "live",
  userKey: newUserKey(),
  applicationId: randomHex(applicationIdBytes),
  keys: needsFirstKey(product) ? [newKey(now)] : [],
  referrerFilters: [],
  providerVerificationKey: newUserKey(),
  redirectUrl: null,
  acceptedAt: null,
  firstTrafficAt: null,
  firstDailyTrafficAt: null,
  fields: {},
  createdAt: now,
  updatedAt: now,
});

/** Returns how many keys an application can have. An OAuth client has one secret. */
export const keysMax = ({ backendVersion }: Product): number => (backendVersion === "oauth" ? 1 : 5);

const needsFirstKey = ({ backendVersion, mandatoryAppKey }: Product): boolean =>
  backendVersion === "oauth" || (backendVersion === "2" && mandatoryAppKey);

const keyBytes = 16;

/** Returns a key with a random value, unless one is given. */
export const newKey = (now: Date, keyValue: string = randomHex(keyBytes)): ApplicationKey => ({
  value: keyValue,
  createdAt: now,
  updatedAt: now,
});

/** Sorts keys as they are listed later. Of two keys added at once, the one with the earlier time may be the second. */
export const inListedOrder = (keys: readonly ApplicationKey[]): readonly ApplicationKey[] =>
  keys.toSorted(
    (one, other) => one.createdAt.getTime() - other.createdAt.getTime() || (one.value < other.value ? -1 : 1),
  );

type ApplicationEventType = Extract<AccountEvent["type"], `application.${string}`>;

type PreviousValues = Readonly<Record<string, unknown>>;

/** The content of an event. */
export interface ApplicationEventInput {
  readonly type: ApplicationEventType;
  /** Of an update. */
  readonly previous?: PreviousValues;
  /** The key that it is about. A user key's creation time is its last change. */
  readonly key?: Pick<ApplicationKey, "value" | "createdAt">;
}

/** Builds the event of an application in its final state. */
export function applicationEvent(
  { type, previous, key }: ApplicationEventInput,
  settings: DocumentSettings,
  application: Application,
): AccountEvent {
  const represent = type === "application.deleted" ? representDeletedApplication : representApplication;
  return {
    type,
    objectId: application.id,
    document: represent(application, settings),
    ...(previous === undefined ? {} : { previous }),
    ...(key === undefined
      ? {}
      : { key: { value: key.value, createdAt: writeTimestamp(key.createdAt, settings.provider.timeZone) } }),
  };
}

/** Returns the previous values of an application's changed fields, by their names and in the form that documents have. */
export const applicationChanges = (
  before: Application,
  after: Application,
  { provider: { timeZone } }: DocumentSettings,
): PreviousValues =>
  Object.fromEntries(
    Object.entries(auditedChanges(applicationFields, toRow(before), toRow(after))).map(([name, previous]) => [
      name,
      isDate(previous) ? writeTimestamp(previous, timeZone) : previous,
    ]),
  );

const trafficProperties = documentProperties(applicationFields, "traffic");

/** Represents an application as in XML documents and webhooks. */
export function representApplication(application: Application, settings: DocumentSettings): Node {
  const { timeZone } = settings.provider;
  const time = (name: string, at: Date | null): Node => value(name, at && writeTimestamp(at, timeZone));
  const { product } = application;
  return record("application", [
    value("id", application.id),
    time("created_at", application.createdAt),
    time("updated_at", application.updatedAt),
    value("state", application.state),
    value("user_account_id", application.accountId),
    ...trafficProperties.map((property) => time(columnOf(applicationFields, property), application[property])),
    value("service_id", product.id),
    ...representCredentials(application),
    representPlan(application.plan),
    ...(product.oidcConfiguration
      ? [
          record(
            "oidc_configuration",
            oidcEntries(product.oidcConfiguration).map(([name, set]) => value(name, set)),
          ),
        ]
      : []),
    ...representFields(settings.definitions, "Cinstance", fieldValuesOf(application)),
    ...(product.referrerFiltersRequired
      ? [
          list(
            "referrer_filters",
            application.referrerFilters.map((filter) => value("referrer_filter", filter)),
            "open",
          ),
        ]
      : []),
  ]);
}

/** Represents a deleted application, without its keys, which are no longer valid. */
export function representDeletedApplication(application: Application, settings: DocumentSettings): Node {
  const document = representApplication(application, settings);
  return "record" in document
    ? { ...document, record: document.record.filter((child) => child.name !== "keys") }
    : document;
}

/** Represents the credentials that the product's backend version uses. */
function representCredentials(application: Application): readonly Node[] {
  const keys = list(
    "keys",
    application.keys.map((key) => value("key", key.value)),
    "open",
  );
  switch (application.product.backendVersion) {
    case "1":
      return [
        value("user_key", application.userKey),
        value("provider_verification_key", application.providerVerificationKey),
      ];
    case "2":
      return [value("application_id", application.applicationId), keys];
    case "oauth":
      return [value("application_id", application.applicationId), value("redirect_url", application.redirectUrl), keys];
  }
}

/** In the order of 3scale's documents, as `jsonb` keeps none. */
const oidcProperties = [
  "id",
  "standard_flow_enabled",
  "implicit_flow_enabled",
  "service_accounts_enabled",
  "direct_access_grants_enabled",
] as const satisfies readonly (keyof OidcConfiguration)[];

const oidcEntries = (configuration: OidcConfiguration) =>
  oidcProperties.map((name) => [name, configuration[name]] as const);

const fieldValuesOf = ({ name, description, fields }: Application): FieldValues => ({
  ...fields,
  ...(name === null ? {} : { name }),
  ...(description === null ? {} : { description }),
});

interface JsonContext {
  readonly settings: DocumentSettings;
  /** The origin that the client used. Links start with it. */
  readonly adminUrl: string;
  readonly account: { readonly orgName: string; readonly state: string };
}

/** Represents an application as JSON. */
export function applicationToJson(application: Application, { settings, adminUrl, account }: JsonContext): Json {
  const { provider, definitions } = settings;
  const time = (at: Date | null): string | null => at && writeTimestamp(at, provider.timeZone);
  const { product, plan } = application;
  const isGoing = [provider.state, account.state].includes("scheduled_for_deletion");
  return {
    application: {
      id: application.id,
      state: application.state,
      enabled: application.state === "live" && !isGoing,
      created_at: time(application.createdAt),
      updated_at: time(application.updatedAt),
      service_id: product.id,
      service_name: product.name,
      plan_id: plan.id,
      plan_name: plan.name,
      account_id: application.accountId,
      org_name: account.orgName,
      ...Object.fromEntries(
        trafficProperties.map((property) => [columnOf(applicationFields, property), time(application[property])]),
      ),
      ...credentialsToJson(application),
      ...(product.oidcConfiguration
        ? { oidc_configuration: Object.fromEntries(oidcEntries(product.oidcConfiguration)) }
        : {}),
      links: linksOf(application, `${adminUrl}/admin/api`),
      ...fieldsToJson(definitions, "Cinstance", fieldValuesOf(application)),
    },
  };
}

function credentialsToJson(application: Application): Readonly<Record<string, Json>> {
  const { applicationId } = application;
  switch (application.product.backendVersion) {
    case "1":
      return { user_key: application.userKey, provider_verification_key: application.providerVerificationKey };
    case "2":
      return { application_id: applicationId };
    case "oauth":
      return {
        application_id: applicationId,
        redirect_url: application.redirectUrl,
        client_id: applicationId,
        client_secret: application.keys[0]?.value ?? null,
      };
  }
}

function linksOf({ id, accountId, product, plan }: Application, api: string): readonly Json[] {
  const account = `${api}/accounts/${accountId}`;
  const self = `${account}/applications/${id}`;
  const service = `${api}/services/${product.id}`;
  return [
    { rel: "self", href: self },
    { rel: "service", href: service },
    { rel: "account", href: account },
    { rel: "plan", href: `${service}/application_plans/${plan.id}` },
    { rel: "keys", href: `${self}/keys` },
    { rel: "referrer_filters", href: `${self}/referrer_filters` },
  ];
}
