import { Type, type Static } from "typebox";
import { cloudEventHeaders } from "#webhooks/attempts/index.ts";
import { contentTypeOf, isBinaryCloudEvent } from "#webhooks/deliveries/index.ts";
import { eventCatalogue, eventTypes, operationalEvents, sampleBody, sampleFacts } from "#webhooks/events/index.ts";
import { Nullable } from "./fields.ts";
import { operation, Reply, type Operation } from "./operation.ts";

const EventTypeSchema = Type.Object(
  {
    type: Type.Enum([...eventTypes]),
    switch: Nullable(
      Type.String({ description: "Its switch in 3scale's webhook. Null for operational events, which it never gets." }),
    ),
    label: Type.String(),
    group: Type.Enum(["Accounts", "Users", "Applications", "Keys", "Operations"]),
    interfaces: Type.Array(Type.Enum(["developer_portal", "admin_portal", "api", "background"]), {
      description: "Where it can come from. `background`: activation by e-mail and Bellwire itself.",
    }),
  },
  { title: "EventType" },
);

export const representEventTypes = (): { data: Static<typeof EventTypeSchema>[] } => ({
  data: [
    ...eventCatalogue.map(({ type, switchName, label, group, interfaces }) => ({
      type,
      switch: switchName,
      label,
      group,
      interfaces: [...interfaces],
    })),
    ...operationalEvents.map(({ type, label }) => ({
      type,
      switch: null,
      label,
      group: "Operations" as const,
      interfaces: ["background" as const],
    })),
  ],
});

/** Documented as an object, sent as the exact text that an endpoint receives. */
const SampleBody = Type.Unsafe<string>(Type.Object({}, { additionalProperties: true }));

const tag = "Event types";

export const eventTypeOperations: readonly Operation[] = [
  operation({
    id: "listEventTypes",
    tag,
    title: "List the types of events",
    description: "The catalogue: every type, its switch in 3scale's webhook, and where it can come from.",
    method: "GET",
    path: "/event_types",
    action: "read-webhooks",
    isCompressed: true,
    responses: { 200: Type.Object({ data: Type.Array(EventTypeSchema) }, { description: "All of them." }) },
    handle: async () => representEventTypes(),
  }),
  operation({
    id: "readEventTypeSample",
    tag,
    title: "Read a sample of a type of event",
    description: "The very document that an endpoint of this format would get, of things that do not exist.",
    method: "GET",
    path: "/event_types/{type}/sample",
    action: "read-webhooks",
    params: Type.Object({ type: Type.Enum([...eventTypes], { description: "A type of event." }) }),
    query: Type.Object({
      format: Type.Optional(
        Type.Enum(["3scale", "json", "cloudevents", "cloudevents-binary"], {
          default: "3scale",
          description: "As an endpoint's `format`.",
        }),
      ),
    }),
    responses: {
      200: {
        description:
          "The body that an endpoint of this format gets. Of `cloudevents-binary` the attributes come as headers, as there.",
        content: {
          "application/xml": { schema: Type.String() },
          "application/json": { schema: SampleBody },
          "application/cloudevents+json": { schema: SampleBody },
        },
      },
    },
    async handle({ clock, newId, adminPortalUrl }, { provider, params, query: { format = "3scale" } }) {
      const sample = { id: newId(), type: params.type, now: clock.now(), source: adminPortalUrl(provider) };
      const attributes = isBinaryCloudEvent(format) ? cloudEventHeaders({ ...sampleFacts(sample), ...sample }) : {};
      return new Reply(200, sampleBody(sample, format).toString(), {
        ...attributes,
        "content-type": contentTypeOf(format),
      });
    },
  }),
];
