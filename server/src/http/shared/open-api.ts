import type { FastifyInstance } from "fastify";
import { type TSchema, Type } from "typebox";
import { keyHours } from "#access/index.ts";
import { type Json, type JsonObject, isJsonList, isJsonObject } from "#platform/document.ts";
import { exampleTime } from "#platform/times.ts";
import { indentXml } from "#platform/xml.ts";
import { describedHeaders } from "#webhooks/attempts/index.ts";
import { type BodyFamily, chatFamilies, type ChatFamily, errorOf } from "#webhooks/deliveries/index.ts";
import {
  type CatalogueEntry,
  type EventInterface,
  type EventType,
  type OperationalEntry,
  eventCatalogue,
  isOperational,
  operationalEvents,
  sampleBody,
} from "#webhooks/events/index.ts";

export interface ApiDescription {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  /** The alternative ways of authentication. */
  readonly securitySchemes: Readonly<Record<string, SecurityScheme>>;
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  /** Adds to the document what does not follow from the routes. */
  readonly complete: (document: JsonObject) => object;
}

type SecurityScheme =
  | { readonly type: "http"; readonly scheme: "basic" | "bearer"; readonly description: string }
  | { readonly type: "apiKey"; readonly in: "query" | "cookie"; readonly name: string; readonly description: string };

/**
 * Returns a function that builds an OpenAPI 3.1 document of all routes added to `http` after this call. Its schemas are those that
 * validate requests and serialize responses. Call the function when all routes are added.
 */
export async function describeRoutes(http: FastifyInstance, api: ApiDescription): Promise<() => JsonObject> {
  const { title, version, description, securitySchemes, tags, complete } = api;
  const { default: fastifySwagger } = await import("@fastify/swagger");
  await http.register(fastifySwagger, {
    openapi: {
      openapi: "3.1.1",
      info: { title, version, description },
      components: { securitySchemes: { ...securitySchemes } },
      security: Object.keys(securitySchemes).map((name) => ({ [name]: [] })),
      tags: [...tags],
    },
    convertConstToEnum: false,
  });
  return () => {
    const document: JsonObject = JSON.parse(JSON.stringify(http.swagger()));
    return nameSchemas(JSON.parse(JSON.stringify(complete(document))));
  };
}

/** The parts of a document in which schemas stand. */
const holdSchemas = new Set(["paths", "webhooks", "components"]);

/** Their content is data, even if it resembles a schema. */
const examples = new Set(["example", "examples"]);

/**
 * Moves each schema with a title to `components/schemas` and replaces it by a reference, so that generated clients have named types.
 * Throws if two different schemas have the same title.
 */
export function nameSchemas(document: JsonObject): JsonObject {
  const named = new Map<string, JsonObject>();

  const copyOf = (json: Json): Json => {
    if (typeof json !== "object" || json === null) return json;
    if (isJsonList(json)) return json.map(copyOf);
    const copy = withWidth(
      Object.fromEntries(Object.entries(json).map(([key, value]) => [key, examples.has(key) ? value : copyOf(value)])),
    );
    const title = titleOfSchema(copy);
    if (title === undefined) return copy;
    const known = named.get(title);
    if (known && JSON.stringify(known) !== JSON.stringify(copy)) {
      throw new Error(`Two schemas of the OpenAPI document have the title ${title}.`);
    }
    named.set(title, copy);
    return { $ref: `#/components/schemas/${title}` };
  };

  const described = Object.fromEntries(
    Object.entries(document)
      .filter(([part]) => holdSchemas.has(part))
      .map(([part, json]) => [part, copyOf(json)]),
  );
  const schemas = Object.fromEntries([...named].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const { components } = described;
  return { ...document, ...described, components: { ...(isJsonObject(components) ? components : {}), schemas } };
}

/** Ids need 53 bits. A client that is generated from the document would take an integer without a format for 32 bits. */
const withWidth = (schema: JsonObject): JsonObject =>
  schema["type"] === "integer" && schema["format"] === undefined && !(Number(schema["maximum"]) < 2 ** 31)
    ? { ...schema, format: "int64" }
    : schema;

function titleOfSchema({ title, type, enum: values }: JsonObject): string | undefined {
  return typeof title === "string" && (type !== undefined || values !== undefined) ? title : undefined;
}

/** For the introductions of both APIs. */
export const repetitionSays =
  `A request that changes something may have an \`Idempotency-Key\` header, such as a UUID. If its response is lost, repeat it with the same ` +
  `key within ${keyHours} hours: it is made once, and its response is repeated with \`idempotency-replayed: true\`. A refused request may be ` +
  "corrected and sent with the same key.";

/** The headers of webhook requests by name, for a document's `components.parameters`. */
export const webhookHeaders: Readonly<Record<string, object>> = Object.fromEntries(
  Object.entries(describedHeaders).map(([name, { description, isAlways }]) => [
    name,
    { name, in: "header", required: isAlways, description: description, schema: { type: "string" } },
  ]),
);

export const webhooksTag = {
  name: "Webhook events",
  description: "Requests to your receiver: one per event, in the format of its endpoint.",
};

/** Describes the request of each type of change, for the `webhooks` of an OpenAPI document. */
export const describeWebhooks = (): Record<string, object> =>
  Object.fromEntries(eventCatalogue.map((entry) => [entry.type, { post: describeWebhook(entry, inWords(entry)) }]));

/** Describes the request of each operational event, which the webhook of 3scale's API never gets. */
export const describeOperationalWebhooks = (): Record<string, object> =>
  Object.fromEntries(
    operationalEvents.map((entry) => [
      entry.type,
      {
        post: describeWebhook(
          entry,
          `${entry.description} Sent to endpoints that name \`${entry.type}\`.\n\n${advice}`,
        ),
      },
    ]),
  );

const describeWebhook = (entry: Pick<CatalogueEntry | OperationalEntry, "type" | "label">, description: string) => ({
  summary: entry.label,
  operationId: `webhook-${entry.type.replaceAll(/[._]/g, "-")}`,
  tags: [webhooksTag.name],
  description,
  security: [],
  parameters: Object.keys(webhookHeaders).map((name) => ({ $ref: `#/components/parameters/${name}` })),
  requestBody: {
    required: true,
    description:
      "In the endpoint's `format`. The bytes are fixed when the event is recorded, and the same at every attempt.",
    content: describeContent(entry),
  },
  responses,
});

function describeContent({ type }: { readonly type: EventType }): object {
  const sample = { id: "019ca8a1-3a50-7c1e-9d24-5b0f6f1a2c33", type, now: exampleTime, source: "https://acme.example" };
  const jsonOf = (format: BodyFamily): unknown => JSON.parse(sampleBody(sample, format).toString());
  const exampleOf = (format: BodyFamily) => [format, { summary: `Format ${format}`, value: jsonOf(format) }] as const;
  const chats = isOperational(type) ? chatFamilies : [];
  const { json, cloudEvent, data } = bodySchemas[dataOf(type)];
  return {
    "application/xml": {
      schema: { type: "string", contentMediaType: "application/xml" },
      examples: {
        "3scale": {
          summary: "Format 3scale. It is sent on one line.",
          value: indentXml(sampleBody(sample, "3scale").toString()),
        },
      },
    },
    "application/json": {
      schema: { anyOf: [json, data, ...chats.map((format) => chatSchemas[format])] },
      examples: Object.fromEntries((["json", "cloudevents-binary", ...chats] as const).map(exampleOf)),
    },
    "application/cloudevents+json": {
      schema: cloudEvent,
      examples: Object.fromEntries([exampleOf("cloudevents")]),
    },
  };
}

const interfaceNames: Readonly<Record<EventInterface, string>> = {
  developer_portal: "the Developer Portal",
  admin_portal: "the Admin Portal",
  api: "the API",
  background: "activation by email and background work",
};

const advice = "Respond with 200 first, and process each `webhook-id` once afterwards.";

const inWords = ({ type, switchName, interfaces }: CatalogueEntry): string =>
  `Sent as \`${type}\`, which \`${switchName}\` switches on for 3scale's webhook. It can come from ` +
  `${new Intl.ListFormat("en").format(interfaces.map((name) => interfaceNames[name]))}.\n\n${advice}`;

const responses = {
  200: { description: "Delivered. Endpoints may accept any 2xx instead." },
  410: {
    description:
      "Bellwire disables the endpoint until somebody enables it. For the endpoint `default`, this is an error like any other.",
  },
  429: { description: "Nothing is sent before `Retry-After`, as with 503." },
  default: { description: "A failed attempt. It is retried after the endpoint's retry waits." },
};

type Data = "account" | "user" | "application" | "endpoint";

/** Returns the object that the data of an event describe. */
function dataOf(eventType: string): Data {
  const [object] = eventType.split(".", 1);
  if (object === "endpoint" || object === "deliveries") return "endpoint";
  return object === "account" || object === "user" ? object : "application";
}

interface BodySchemas {
  /** The body of a CloudEvent in binary mode, and the `data` of the other formats. */
  readonly data: TSchema;
  readonly json: TSchema;
  readonly cloudEvent: TSchema;
}

const timeSchema = (description: string) => Type.String({ format: "date-time", description });

const actorSchema = Type.Object({
  kind: Type.String({ enum: ["developer", "admin", "token", "key", "system"] }),
  user_id: Type.Optional(Type.Integer({ description: "Absent for `key` and `system`, which have no user." })),
});

const keySchema = Type.Object(
  {
    last4: Type.String(),
    created_at: Type.String(),
    value: Type.Optional(Type.String({ description: "Only where the endpoint includes credentials." })),
  },
  { description: "For events about a key: that key." },
);

const fieldsOf = (description: string) => Type.Record(Type.String(), Type.Unknown(), { description });

function schemasOf(name: Data, title: string): BodySchemas {
  const data = Type.Object(
    {
      [name]: fieldsOf(
        name === "endpoint"
          ? "The endpoint, its URL masked, and in `alert` the problem: kind, sentence, value and threshold."
          : `The ${name} after the change, as in the XML. Contains keys only if the endpoint includes them.`,
      ),
      ...(name === "account" || name === "endpoint"
        ? {}
        : { account: Type.Object({ id: Type.Integer(), org_name: Type.String() }) }),
      ...(name === "application" ? { key: Type.Optional(keySchema) } : {}),
      previous: Type.Optional(fieldsOf("For updates: the changed fields with their previous values.")),
      actor: actorSchema,
      channel: Type.String({ enum: ["developer_portal", "admin_portal", "api", "system"] }),
      sequence: Type.Integer({
        description:
          "Counts the events of the account without gaps. After a database failover or restore it jumps ahead by a million or more.",
      }),
    },
    { title: `${title}Data` },
  );
  const json = Type.Object(
    { type: Type.String(), timestamp: timeSchema("When it happened."), data },
    { title: `${title}Event`, description: "As Standard Webhooks recommends." },
  );
  const cloudEvent = Type.Object(
    {
      specversion: Type.String(),
      id: Type.String({ format: "uuid" }),
      source: Type.String({ format: "uri", description: "URL of the provider's admin host." }),
      type: Type.String(),
      subject: Type.String({ description: "`application/41`" }),
      time: timeSchema("When it happened."),
      bellwiresequence: Type.Integer(),
      bellwireactor: Type.String(),
      bellwirechannel: Type.String(),
      datacontenttype: Type.String(),
      data,
    },
    { title: `${title}CloudEvent`, description: "CloudEvents 1.0 in structured mode." },
  );
  return { data, json, cloudEvent };
}

/** The JSON bodies by the object that they describe. */
const bodySchemas: Readonly<Record<Data, BodySchemas>> = {
  account: schemasOf("account", "Account"),
  user: schemasOf("user", "User"),
  application: schemasOf("application", "Application"),
  endpoint: schemasOf("endpoint", "Endpoint"),
};

/** The messages for chat programs. */
const chatSchemas: Readonly<Record<ChatFamily, TSchema>> = {
  chat: Type.Object(
    { text: Type.String() },
    { title: "ChatMessage", description: "For Slack, Mattermost and Google Chat." },
  ),
  "chat-discord": Type.Object(
    {
      content: Type.String(),
      allowed_mentions: Type.Object({
        parse: Type.Array(Type.String(), { description: "Empty: nobody is mentioned." }),
      }),
    },
    { title: "DiscordMessage" },
  ),
  "chat-teams": Type.Object(
    {
      type: Type.String(),
      attachments: Type.Array(
        Type.Object({
          contentType: Type.String(),
          contentUrl: Type.Null(),
          content: Type.Record(Type.String(), Type.Unknown(), { description: "An Adaptive Card." }),
        }),
      ),
    },
    { title: "TeamsMessage", description: "For a workflow of Microsoft Teams that posts a card." },
  ),
};

const exampleAnswer = { kind: "answered", status: 503, headers: {}, body: new Uint8Array(), latencyMs: 84 } as const;

/** The error of failed attempts in the examples of both APIs, worded as real ones are. */
export const exampleError = errorOf(exampleAnswer, "200") ?? "";
