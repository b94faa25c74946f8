import { Type, type TSchema } from "typebox";
import { exampleTime } from "#platform/clock/example-times.ts";
import { indentXml } from "#platform/document/indent-xml.ts";
import { describedHeaders } from "#webhooks/attempts/index.ts";
import { eventCatalogue, sampleBody, type CatalogueEntry, type Door } from "#webhooks/events/index.ts";

/** The headers of what is sent, by name: for the `parameters` of a document's `components`. */
export const webhookHeaders: Readonly<Record<string, object>> = Object.fromEntries(
  Object.entries(describedHeaders).map(([name, description]) => {
    const required = name !== "bellwire-replay" && name !== "bellwire-test";
    return [name, { name, in: "header", required, description, schema: { type: "string" } }];
  }),
);

/** The `webhooks` of an OpenAPI document: what is sent, for each type of event, to whoever wants it. */
export const describeWebhooks = (): Record<string, object> =>
  Object.fromEntries(eventCatalogue.map((entry) => [entry.type, { post: describe(entry) }]));

const describe = (entry: CatalogueEntry) => ({
  summary: entry.label,
  operationId: `webhook-${entry.type.replaceAll(/[._]/g, "-")}`,
  description: describeInWords(entry),
  security: [],
  parameters: Object.keys(webhookHeaders).map((name) => ({ $ref: `#/components/parameters/${name}` })),
  requestBody: {
    required: true,
    description:
      "In the endpoint's `format`. The bytes are fixed when the event is recorded, and the same at every attempt.",
    content: {
      "application/xml": {
        schema: { type: "string", contentMediaType: "application/xml" },
        examples: {
          "3scale": {
            summary: "Format 3scale: one line, here with an element a line",
            value: indentXml(sampleBody(entry.type, "3scale", exampleTime).toString()),
          },
        },
      },
      "application/json": {
        schema: payloads[objectOf(entry)],
        examples: {
          json: {
            summary: "Format json",
            value: jsonOf(entry),
          },
        },
      },
    },
  },
  responses,
});

const jsonOf = ({ type }: CatalogueEntry): unknown => JSON.parse(sampleBody(type, "json", exampleTime).toString());

const doorWords: Readonly<Record<Door, string>> = {
  developer_portal: "the Developer Portal",
  admin_portal: "the Admin Portal",
  api: "the API",
  background: "activation by e-mail and background work",
};

const describeInWords = ({ type, switchName, doors }: CatalogueEntry): string =>
  `Sent as \`${type}\`, which \`${switchName}\` switches on for 3scale's webhook. It can come from ` +
  `${new Intl.ListFormat("en").format(doors.map((door) => doorWords[door]))}.\n\n` +
  "Answer 200 soon, and do the work later, once for each `webhook-id`.";

const responses = {
  200: { description: "Delivered. An endpoint can be told to take any 2xx for it." },
  410: { description: "The endpoint is disabled, and nothing is sent there until somebody enables it." },
  429: { description: "Nothing is sent before `Retry-After`, as with 503." },
  default: { description: "A failed attempt. It is made again, as the endpoint's retry waits say." },
};

type Document = "account" | "user" | "application";

const objectOf = ({ type }: CatalogueEntry): Document => {
  const [object] = type.split(".", 1);
  return object === "account" || object === "user" ? object : "application";
};

const document = (name: Document): TSchema =>
  Type.Record(Type.String(), Type.Unknown(), {
    description: `The ${name} as it was right after the change: what the XML holds, without keys unless the endpoint includes them.`,
  });

const payloadOf = (name: Document, title: string): TSchema =>
  Type.Object(
    {
      type: Type.String(),
      timestamp: Type.String({ format: "date-time", description: "When it happened." }),
      data: Type.Object({
        [name]: document(name),
        ...(name === "account" ? {} : { account: Type.Object({ id: Type.Integer(), org_name: Type.String() }) }),
        previous: Type.Optional(
          Type.Record(Type.String(), Type.Unknown(), {
            description: "For updates: the changed fields with the values that they had.",
          }),
        ),
        actor: Type.Object({
          kind: Type.String({ enum: ["developer", "admin", "token", "key", "system"] }),
          user_id: Type.Optional(Type.Integer({ description: "Absent for `key` and `system`, which have no user." })),
        }),
        channel: Type.String({ enum: ["developer_portal", "admin_portal", "api", "system"] }),
        sequence: Type.Integer({ description: "Counts the events of the account, without gaps." }),
      }),
    },
    {
      title,
      description: "What format `json` sends: `type`, `timestamp` and `data`, as Standard Webhooks recommends.",
    },
  );

const payloads: Readonly<Record<Document, TSchema>> = {
  account: payloadOf("account", "AccountEvent"),
  user: payloadOf("user", "UserEvent"),
  application: payloadOf("application", "ApplicationEvent"),
};
