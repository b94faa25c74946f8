import { Type } from "typebox";
import { exampleError } from "#http/shared/open-api.ts";
import { Problem } from "#http/shared/problem.ts";
import { value } from "#platform/document.ts";
import { exampleTime, laterExampleTime, parseLenientTime } from "#platform/times.ts";
import { renderXml } from "#platform/xml.ts";
import { allFailures, deleteFailures, type Failure } from "#webhooks/deliveries/index.ts";
import { parseRailsBoolean } from "#portal/fields/index.ts";
import { type Endpoint, readDefaultEndpoint, saveDefaultEndpoint, switchesOf } from "#webhooks/endpoints/index.ts";
import { sampleBody } from "#webhooks/events/index.ts";
import { type Operation, type Parameters, parseText } from "./operation.ts";
import { type ApiResponse, renderJson, type ResponseDoc, timeSchema } from "./responses.ts";

/** Renders the endpoint `default` as 3scale's webhook. */
const renderWebhook = (
  endpoint: Pick<Endpoint, "url" | "active" | "providerActions" | "eventTypes">,
): Pick<ApiResponse, "json"> => ({
  json: () =>
    renderJson({
      webhook: {
        url: endpoint.url,
        active: endpoint.active,
        provider_actions: endpoint.providerActions,
        ...Object.fromEntries(switchesOf(endpoint).map(({ name, on }) => [name, on])),
      },
    }),
});

export const switchNames = switchesOf({ eventTypes: [] }).map(({ name }) => name);

const WebhookSettings = Type.Object({
  url: Type.String({ description: "Receives the events that are switched on. At most 255 characters." }),
  active: Type.Boolean({ description: "If false, new events are not sent and pending deliveries wait." }),
  provider_actions: Type.Boolean({
    description: "Also send events of changes made in the Admin Portal and with access tokens.",
  }),
  ...Object.fromEntries(switchNames.map((name) => [name, Type.Boolean()])),
});

const webhookResponse: ResponseDoc = {
  schema: Type.Object({ webhook: Type.Object(WebhookSettings.properties, { title: "Webhook" }) }),
  example: renderWebhook({
    url: "https://hooks.example.com/3scale",
    active: true,
    providerActions: true,
    eventTypes: ["account.created", "account.updated", "account.deleted"],
  }),
};

const parseWebhook = (settings: Parameters) => ({
  url: parseText(settings["url"]),
  active: parseRailsBoolean(settings, "active").value,
  providerActions: parseRailsBoolean(settings, "provider_actions").value,
  switches: Object.fromEntries(switchNames.map((name) => [name, parseRailsBoolean(settings, name).value])),
});

type ShownFailure = Pick<Failure, "eventId" | "failedAt" | "error" | "url" | "body">;

type Pages = AsyncIterable<readonly ShownFailure[]> | Iterable<readonly ShownFailure[]>;

/** Renders the failure list as 3scale's XML, page by page. Only `<event>` is indented. */
export async function* renderFailuresAsXml(pages: Pages): AsyncGenerator<string, void> {
  yield '<?xml version="1.0" encoding="UTF-8"?><webhooks-failures>';
  for await (const page of pages) yield page.map(renderFailureAsXml).join("");
  yield "</webhooks-failures>";
}

function renderFailureAsXml(failure: ShownFailure): string {
  const { id, time, error, url, event } = representFailure(failure);
  const named = [value("id", id), value("time", time), value("error", error), value("url", url)]
    .map(renderXml)
    .join("");
  return `<webhooks-failure>${named}${isXml(event) ? indentEvent(event) : renderXml(value("event", event))}</webhooks-failure>`;
}

/** Renders the failure list as JSON, page by page. */
export async function* renderFailuresAsJson(pages: Pages): AsyncGenerator<string, void> {
  yield '{"webhooks-failures":[';
  let separator = "";
  for await (const page of pages) {
    if (page.length === 0) continue;
    yield separator + page.map((failure) => renderJson({ "webhooks-failure": representFailure(failure) })).join(",");
    separator = ",";
  }
  yield "]}";
}

const representFailure = ({ eventId, failedAt, error, url, body }: ShownFailure) => ({
  id: eventId,
  time: `${failedAt.toISOString().slice(0, 19)}Z`,
  error: withoutControls(error),
  url,
  event: body.toString(),
});

/** The endpoint may have another format than `3scale`, whose body is shown unchanged. */
const isXml = (event: string): boolean => event.startsWith("<?xml");

/** Replaces characters that XML cannot contain: an error may quote a receiver's response. */
const withoutControls = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, " ");

/**
 * Indents the `<event>` of a document as 3scale's failure list does: one element per line, two spaces deeper than its parent,
 * empty elements self-closing. Expects well-formed XML, because Bellwire wrote the document.
 */
export function indentEvent(document: string): string {
  let indented = "";
  let depth = 0;
  let before: "opened" | "closed" | "text" = "closed";
  const newLine = (): string => `${indented === "" ? "" : "\n"}${"  ".repeat(depth)}`;

  for (const token of document.replace(/^<\?xml[^>]*\?>/, "").match(/<[^>]+>|[^<]+/g) ?? []) {
    if (!token.startsWith("<")) {
      indented += token;
      before = "text";
    } else if (!token.startsWith("</")) {
      indented += newLine() + token;
      before = token.endsWith("/>") ? "closed" : "opened";
      if (before === "opened") depth += 1;
    } else {
      depth -= 1;
      if (before === "opened") indented = `${indented.slice(0, -1)}/>`;
      else indented += before === "text" ? token : newLine() + token;
      before = "closed";
    }
  }
  return indented;
}

const exampleEvent = {
  id: "019ca8a1-3a50-7c1e-9d24-5b0f6f1a2c33",
  type: "user.deleted",
  now: exampleTime,
  source: "https://acme.example",
} as const;

const exampleFailures = [
  {
    eventId: exampleEvent.id,
    failedAt: laterExampleTime,
    error: exampleError,
    url: "https://hooks.example.com/3scale",
    body: sampleBody(exampleEvent, "3scale"),
  },
];

const failuresResponse: ResponseDoc = {
  schema: Type.Object({
    "webhooks-failures": Type.Array(
      Type.Object({
        "webhooks-failure": Type.Object(
          {
            id: Type.String({ description: "The event's id, sent to receivers as `webhook-id`." }),
            time: timeSchema,
            error: Type.String(),
            url: Type.String(),
            event: Type.String({ description: "The body that could not be delivered." }),
          },
          { title: "WebhooksFailure" },
        ),
      }),
    ),
  }),
  example: { xml: () => renderFailuresAsXml([exampleFailures]), json: () => renderFailuresAsJson([exampleFailures]) },
};

export const webhookOperations: readonly Operation[] = [
  {
    title: "WebHooks Update",
    description:
      "Creates or updates your webhook, which is the endpoint named `default`. Absent settings keep their values.",
    method: "PUT",
    path: "/webhooks",
    action: "change-webhooks",
    isJsonOnly: true,
    wrapper: "web_hook",
    wrapperMayBeEmpty: true,
    ignored: ["push_application_content_type"],
    body: Type.Partial(WebhookSettings, {
      examples: [
        { url: "https://hooks.example.com/3scale", active: true, account_created_on: true, user_created_on: true },
      ],
    }),
    response: webhookResponse,
    async handle(needs, { provider, caller, values }) {
      const saved = await saveDefaultEndpoint(needs, {
        providerId: provider.id,
        change: parseWebhook(values),
        actor: caller.actor,
      });
      if ("refused" in saved) throw new Problem("invalid", { errors: saved.refused });
      return renderWebhook(saved);
    },
  },
  {
    title: "Webhooks List Failed Deliveries",
    description:
      "Lists the failed deliveries of your webhook, oldest first, each from one second after its last attempt. A list of more than four megabytes is streamed, and so has no `ETag`.",
    method: "GET",
    path: "/webhooks/failures",
    action: "read-failures",
    response: failuresResponse,
    async handle({ pool, encryption }, { provider }) {
      const endpoint = await readDefaultEndpoint(pool, encryption, provider.id);
      const pages = endpoint
        ? allFailures(pool, encryption, { providerId: provider.id, endpointIds: [endpoint.id] })
        : [];
      return { xml: () => renderFailuresAsXml(pages), json: () => renderFailuresAsJson(pages) };
    },
  },
  {
    title: "Webhooks Delete Failed Deliveries",
    description: "Deletes failures from the list: those up to `time`, or all of them.",
    method: "DELETE",
    path: "/webhooks/failures",
    action: "change-failures",
    query: Type.Object({
      time: Type.Optional(
        Type.String({ format: "date-time", description: "A time from the list. UTC unless it has a time zone." }),
      ),
    }),
    rejectsUnknown: true,
    async handle({ pool, encryption }, { provider, values, by, now }) {
      const { time } = values;
      const until = time === undefined ? undefined : parseLenientTime(parseText(time) ?? "", now);
      if (time !== undefined && !until) throw new Problem("time-invalid");

      const endpoint = await readDefaultEndpoint(pool, encryption, provider.id);
      if (endpoint) await deleteFailures(pool, { providerId: provider.id, endpointId: endpoint.id, until }, by);
      return {};
    },
  },
];
