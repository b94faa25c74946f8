import { Type } from "typebox";
import { eventTypes } from "#webhooks/events/index.ts";

export const EventTypeEntry = Type.Object(
  {
    type: Type.Enum([...eventTypes]),
    switch: Type.String({ description: "Its switch in 3scale's webhook." }),
    label: Type.String(),
    group: Type.Enum(["Accounts", "Users", "Applications", "Keys"]),
    doors: Type.Array(Type.Enum(["developer_portal", "admin_portal", "api", "background"]), {
      description: "Where it can come from. `background`: activation by e-mail and Bellwire itself.",
    }),
  },
  { title: "EventType" },
);

export const EventTypeParams = Type.Object({ type: Type.Enum([...eventTypes], { description: "A type of event." }) });

export const SampleQuery = Type.Object({
  format: Type.Optional(
    Type.Enum(["3scale", "json", "cloudevents", "cloudevents-binary"], {
      default: "3scale",
      description: "As an endpoint's `format`.",
    }),
  ),
});
