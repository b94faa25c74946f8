import { type Static, type TSchema, Type } from "typebox";
import { type PropertyName, propertyName } from "#platform/database/values.ts";
import { retryWaitLimits } from "#platform/limits.ts";
import { type BodyFamily, bodyFamilies, isChatFormat } from "#webhooks/deliveries/index.ts";
import { eventTypes, operationalEventTypes } from "#webhooks/events/index.ts";

/** The facts that defaults depend on. */
interface NewEndpoint {
  readonly format: BodyFamily;
  /** The operator's retry waits for the `3scale` format. */
  readonly retryWaitsSeconds: readonly number[];
}

interface SettingRules<Value> {
  /** The API requires a setting without a default. */
  readonly default?: Value | ((endpoint: NewEndpoint) => Value);
  /** The value in the documentation's example, if it is not the default of the `json` format. */
  readonly example?: Value;
  /** The sender reads it: part of `DeliverySettings`. */
  readonly sends?: true;
  /** The column is encrypted for this purpose. */
  readonly purpose?: string;
}

const setting = <Schema extends TSchema, const Rules extends SettingRules<ReadonlyValue<Static<Schema>>>>(
  schema: Schema,
  rules: Rules,
): { readonly schema: Schema } & Rules => ({ schema, ...rules });

const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

/** 5 s to a day, about three days in all: an endpoint that is down for a weekend gets everything. */
const threeDaysOfWaits = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

const is3scale = ({ format }: NewEndpoint): boolean => format === "3scale";
const isForChat = ({ format }: NewEndpoint): boolean => isChatFormat(format);

/** 5 s to an hour, 100 minutes in all: nobody needs yesterday's alerts in a chat. */
const waitsOfChat = [5, 60, 300, 900, 1800, 3600];

/**
 * The settings of an endpoint, by column, which is also the name in the Bellwire API. The domain uses the camelCase name.
 * Select lists, insert, update, change detection, API schemas, the documentation's example and the form's limits derive
 * from this table.
 */
export const endpointSettings = {
  name: setting(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description: "Unique. The endpoint named `default` is the webhook of 3scale's page and API.",
    }),
    { example: "crm" },
  ),
  url: setting(
    Type.String({ maxLength: 2048, description: "An absolute http or https URL. The query is sent unchanged." }),
    {
      example: "https://crm.example.com/hooks?team=sales",
      sends: true,
      purpose: "endpoint url",
    },
  ),
  description: setting(nullable(Type.String({ maxLength: 2000 })), {
    default: null,
    example: "Keeps the contacts of the sales team",
  }),
  active: setting(
    Type.Boolean({ description: "If false, new events create no delivery, and pending deliveries are held." }),
    {
      default: true,
      sends: true,
    },
  ),
  event_types: setting(
    Type.Array(
      Type.Enum([...eventTypes, "*"], {
        description: "An event type, or `*` for all types of changes, future ones included.",
      }),
    ),
    {
      default: (endpoint: NewEndpoint) => (isForChat(endpoint) ? operationalEventTypes : []),
      example: ["account.created", "account.updated"],
    },
  ),
  provider_actions: setting(
    Type.Boolean({ description: "Also send changes made in the Admin Portal and by access tokens." }),
    { default: false, example: true },
  ),
  all_actors: setting(
    Type.Boolean({
      description: "Also send changes without an acting user: activation by email, the provider key, background work.",
    }),
    { default: false },
  ),
  format: setting(
    Type.Enum([...bodyFamilies], {
      description:
        "`3scale`: the XML that 3scale sends. `json`: `{type, timestamp, data}`, as Standard Webhooks recommends. " +
        "`cloudevents`: a CloudEvent 1.0 as one JSON object. `cloudevents-binary`: a CloudEvent whose attributes are " +
        "headers, `ce-id` and so on, and whose body is its data. `chat`, `chat-discord` and `chat-teams`: a message about an " +
        "alert for the incoming webhook of a chat program, `{text}` for Slack, Mattermost and Google Chat, `{content}` for " +
        "Discord, and an Adaptive Card for a workflow of Microsoft Teams; events about endpoints only, and no change to or from " +
        "another format.",
    }),
    { default: ({ format }: NewEndpoint) => format },
  ),
  headers: setting(
    Type.Record(Type.String(), Type.String(), {
      description: "Sent with every request, for example an Authorization header that the receiver requires.",
    }),
    { default: {}, sends: true, purpose: "endpoint headers" },
  ),
  retry_waits_seconds: setting(
    Type.Array(Type.Integer({ minimum: 0, maximum: retryWaitLimits.secondsMax }), {
      maxItems: retryWaitLimits.countMax,
      description: "The wait after each failed attempt. After the last one, the delivery has failed.",
    }),
    {
      default: (endpoint: NewEndpoint) =>
        is3scale(endpoint) ? endpoint.retryWaitsSeconds : isForChat(endpoint) ? waitsOfChat : threeDaysOfWaits,
      example: [5, 300, 1800, 7200],
      sends: true,
    },
  ),
  success: setting(
    Type.Enum(["200", "200-207", "2xx"], {
      description: "The status codes that count as delivered.",
    }),
    { default: (endpoint: NewEndpoint) => (is3scale(endpoint) ? "200" : "2xx"), sends: true },
  ),
  timeout_seconds: setting(
    Type.Integer({ minimum: 1, maximum: 60, description: "The maximum duration of an attempt." }),
    { default: (endpoint: NewEndpoint) => (is3scale(endpoint) ? 60 : 15), sends: true },
  ),
  max_in_flight: setting(
    nullable(Type.Integer({ minimum: 1, maximum: 1000, description: "The maximum number of concurrent deliveries." })),
    { default: null, sends: true },
  ),
  max_per_second: setting(nullable(Type.Integer({ minimum: 1, maximum: 100_000 })), {
    // The limit of Slack and Google Chat, and the lowest.
    default: (endpoint: NewEndpoint) => (isForChat(endpoint) ? 1 : null),
    example: 50,
    sends: true,
  }),
  ordering: setting(
    Type.Enum(["none", "object", "account"], {
      description:
        "`account`: deliveries about one account are sent one at a time. `object`: those about one object are.",
    }),
    {
      default: (endpoint: NewEndpoint) => (is3scale(endpoint) ? "none" : isForChat(endpoint) ? "object" : "account"),
    },
  ),
  include_credentials: setting(
    Type.Boolean({ description: "Include keys and secrets in formats other than `3scale`." }),
    { default: false },
  ),
  state: setting(
    Type.Enum(["enabled", "paused"], {
      description: "`enabled` also re-enables a disabled endpoint.",
    }),
    { default: "enabled", sends: true },
  ),
};

type Settings = typeof endpointSettings;
export type SettingColumn = keyof Settings;

export type ReadonlyValue<Value> = Value extends readonly (infer Item)[] ? readonly Item[] : Readonly<Value>;
type SettingValue<Column extends SettingColumn> = ReadonlyValue<Static<Settings[Column]["schema"]>>;

/** Settings of a new or changed endpoint. Omitted ones get their default, or stay as they are. */
export type EndpointInput = {
  readonly [Column in SettingColumn as PropertyName<Column>]?: SettingValue<Column> | undefined;
};

/** `paused` by an admin, `disabled` by Bellwire. Both hold deliveries. */
export type EndpointState = SettingValue<"state"> | "disabled";

export type EndpointSettings = {
  readonly [Column in SettingColumn as PropertyName<Column>]: Column extends "state"
    ? EndpointState
    : SettingValue<Column>;
};

/** The names of the settings that the sender reads. */
export type SendingField = {
  [Column in SettingColumn]: Settings[Column] extends { readonly sends: true } ? PropertyName<Column> : never;
}[SettingColumn];

export type EncryptedField = {
  [Column in SettingColumn]: Settings[Column] extends { readonly purpose: string } ? PropertyName<Column> : never;
}[SettingColumn];

export interface Endpoint extends EndpointSettings {
  readonly providerId: number;
  readonly id: number;
  /** For pages, logs and the stream. */
  readonly urlMasked: string;
  /** The secrets that sign now, newest first: two for 24 hours after a rotation. */
  readonly secrets: readonly string[];
  readonly previousSecretUntil: Date | null;
  readonly disabledReason: string | null;
  /** Why the URL, headers or secrets cannot be decrypted. They are empty then, and deliveries are held. */
  readonly undecryptable: string | null;
  /** The end of the lane's pause: `Retry-After`, or an open circuit breaker. */
  readonly heldUntil: Date | null;
  /** The database was restored, and an operator has yet to resume deliveries. */
  readonly isHeldAfterRestore: boolean;
  /** Incremented by each change. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The name of the endpoint that 3scale's page and API show as "the webhook". */
export const defaultEndpointName = "default";

/** The errors of each invalid field. */
export interface Refused {
  readonly refused: Readonly<Record<string, readonly string[]>>;
}

/** The table's rows as one type, for loops. */
type AnySetting = { readonly schema: TSchema } & SettingRules<unknown>;
export const settingEntries: readonly (readonly [column: string, setting: AnySetting])[] =
  Object.entries(endpointSettings);

const defaultOf = (rules: AnySetting, endpoint: NewEndpoint): unknown =>
  typeof rules.default === "function" ? rules.default(endpoint) : (rules.default ?? null);

/** The API's schemas of the settings. */
export const settingSchemas = schemasOf();
function schemasOf(): { readonly [Column in SettingColumn]: Settings[Column]["schema"] };
function schemasOf(): object {
  return Object.fromEntries(settingEntries.map(([column, { schema }]) => [column, schema]));
}

/** Returns the settings of a new endpoint: the input, and defaults that fit its format. */
export function withDefaults(input: EndpointInput, retryWaitsSeconds: readonly number[]): EndpointSettings {
  return applyInput(defaultSettings({ format: input.format ?? "3scale", retryWaitsSeconds }), input);
}

// The overloads state types that loops over the table cannot infer.
function defaultSettings(endpoint: NewEndpoint): EndpointSettings;
function defaultSettings(endpoint: NewEndpoint): object {
  const required = { name: "", url: "" };
  const defaults = settingEntries.map(([column, rules]) => [propertyName(column), defaultOf(rules, endpoint)]);
  return { ...Object.fromEntries(defaults), ...required };
}

/** Returns the settings with the input's values. Null is a value, undefined is not. */
export function applyInput(settings: EndpointSettings, input: EndpointInput): EndpointSettings {
  const changes = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  return { ...settings, ...changes };
}

/** Returns the settings of the documentation's endpoint. */
export function exampleSettings(): EndpointSettings;
export function exampleSettings(): object {
  const defaults = defaultSettings({ format: "json", retryWaitsSeconds: [] });
  const examples = settingEntries.flatMap(([column, { example }]) =>
    example === undefined ? [] : [[propertyName(column), example]],
  );
  return { ...defaults, ...Object.fromEntries(examples) };
}
