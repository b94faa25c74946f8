import { exampleTime } from "#platform/clock/example-times.ts";
import { indentXml } from "#platform/document/indent-xml.ts";
import { describedHeaders } from "#webhooks/attempts/index.ts";
import { eventCatalogue, sampleBody, type CatalogueEntry, type Door } from "#webhooks/events/index.ts";
import { bodySchemas, dataOf } from "./webhook-body-schemas.ts";

/** The headers of what is sent, by name: for the `parameters` of a document's `components`. */
export const webhookHeaders: Readonly<Record<string, object>> = Object.fromEntries(
  Object.entries(describedHeaders).map(([name, { says, isAlways }]) => [
    name,
    { name, in: "header", required: isAlways, description: says, schema: { type: "string" } },
  ]),
);

/** Under which they are listed, beside what an API calls webhooks itself. */
export const webhooksTag = {
  name: "Webhook events",
  description: "What your receiver is sent: one request for each event, in the format that its endpoint has.",
};

/** The `webhooks` of an OpenAPI document: what is sent, for each type of event, to whoever wants it. */
export const describeWebhooks = (): Record<string, object> =>
  Object.fromEntries(eventCatalogue.map((entry) => [entry.type, { post: describe(entry) }]));

const describe = (entry: CatalogueEntry) => ({
  summary: entry.label,
  operationId: `webhook-${entry.type.replaceAll(/[._]/g, "-")}`,
  tags: [webhooksTag.name],
  description: describeInWords(entry),
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

function describeContent({ type }: CatalogueEntry): object {
  const sample = { id: "019ca8a1-3a50-7c1e-9d24-5b0f6f1a2c33", type, now: exampleTime, source: "https://acme.example" };
  const jsonOf = (format: "json" | "cloudevents" | "cloudevents-binary"): unknown =>
    JSON.parse(sampleBody(sample, format).toString());
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
      schema: { anyOf: [json, data] },
      examples: {
        json: { summary: "Format json", value: jsonOf("json") },
        "cloudevents-binary": { summary: "Format cloudevents-binary", value: jsonOf("cloudevents-binary") },
      },
    },
    "application/cloudevents+json": {
      schema: cloudEvent,
      examples: { cloudevents: { summary: "Format cloudevents", value: jsonOf("cloudevents") } },
    },
  };
}

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
  410: {
    description:
      "The endpoint is disabled, and nothing is sent there until somebody enables it. To the endpoint `default` it is an error like any other.",
  },
  429: { description: "Nothing is sent before `Retry-After`, as with 503." },
  default: { description: "A failed attempt. It is made again, as the endpoint's retry waits say." },
};
