import { type Static, Type } from "typebox";
import { eventTypes } from "#webhooks/events/index.ts";
import { IdOf, Nullable, Timestamp } from "../page-schema.ts";

const EventTypeOrAll = Type.Enum([...eventTypes, "*"], {
  description: "A type of event, or `*` for all, those to come included.",
});

const Headers = Type.Record(Type.String(), Type.String(), {
  description: "Sent along with every request, for example an Authorization that the receiver asks for.",
});

/** What an admin may choose. Each field has a default that fits the format. */
const settings = {
  description: Nullable(Type.String({ maxLength: 2000 })),
  active: Type.Boolean({ description: "Off: new events make no delivery here, and what is due is held." }),
  event_types: Type.Array(EventTypeOrAll),
  provider_actions: Type.Boolean({ description: "Also what is done in the Admin Portal and by access tokens." }),
  all_actors: Type.Boolean({
    description:
      "Also activation by e-mail, changes by provider key, and background changes, which have no acting user.",
  }),
  format: Type.Enum(["3scale", "json", "cloudevents", "cloudevents-binary"], {
    description:
      "`3scale`: the XML that 3scale sends. `json`: `{type, timestamp, data}`, as Standard Webhooks recommends. " +
      "`cloudevents`: a CloudEvent 1.0 as one JSON object. `cloudevents-binary`: a CloudEvent whose attributes are " +
      "headers, `ce-id` and so on, and whose body is its data.",
  }),
  headers: Headers,
  retry_waits_seconds: Type.Array(Type.Integer({ minimum: 0, maximum: 604_800 }), {
    maxItems: 50,
    description: "How long to wait after each failed attempt. When the list is used up, the delivery has failed.",
  }),
  success: Type.Enum(["200", "200-207", "2xx"], {
    description: "The answers that count as delivered.",
  }),
  timeout_seconds: Type.Integer({ minimum: 1, maximum: 60, description: "How long one attempt may take in all." }),
  max_in_flight: Nullable(
    Type.Integer({ minimum: 1, maximum: 1000, description: "Deliveries under way at once, at most." }),
  ),
  max_per_second: Nullable(Type.Integer({ minimum: 1, maximum: 100_000 })),
  ordering: Type.Enum(["none", "object", "account"], {
    description:
      "`account`: what concerns one account goes one after another. `object`: what concerns one object does.",
  }),
  include_credentials: Type.Boolean({ description: "Whether keys and secrets appear in formats other than `3scale`." }),
};

const name = Type.String({
  minLength: 1,
  maxLength: 255,
  description: "Unique. The endpoint named `default` is the webhook of 3scale's page and API.",
});
const url = Type.String({ maxLength: 2048, description: "Absolute, http or https. Its query is kept as it is." });

export const Endpoint = Type.Object(
  {
    id: Type.Integer(),
    name,
    url: Type.String({
      description:
        "The values of its query, its user information and its fragment are hidden: `readEndpointUrl` reads them. Written back as " +
        "it is here, the URL stays as it was.",
    }),
    url_masked: Type.String({ description: "The same as `url`." }),
    ...settings,
    event_types: Type.Array(Type.String()),
    state: Type.Enum(["enabled", "paused", "disabled", "undecryptable"], {
      description:
        "`paused` (by you), `disabled` (by Bellwire) and `undecryptable` (no key at hand reads its URL, headers or secret): events are recorded and held; `disabled_reason` says why.",
    }),
    disabled_reason: Nullable(Type.String()),
    held_until: Nullable(
      Type.String({
        format: "date-time",
        description:
          "Nothing is sent before then: the receiver asked for it with `Retry-After` (an hour at most is believed), or does not answer. A retry by hand ends it.",
      }),
    ),
    previous_secret_until: Nullable(Timestamp),
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { title: "Endpoint", description: "Where to send, which events, and how." },
);
export type EndpointAnswer = Static<typeof Endpoint>;

const state = Type.Enum(["enabled", "paused"], {
  description: "`enabled` also brings a disabled endpoint back.",
});

export const EndpointChange = Type.Partial(Type.Object({ name, url, ...settings, state }), {
  title: "EndpointChange",
  additionalProperties: false,
});
export type EndpointChangeBody = Static<typeof EndpointChange>;

export const NewEndpoint = Type.Object(
  { name, url, ...Type.Partial(Type.Object({ ...settings, state })).properties },
  { title: "NewEndpoint", additionalProperties: false },
);

export const EndpointSecret = Type.Object(
  { secret: Type.String({ description: "`whsec_` and the key in base64, as Standard Webhooks writes it." }) },
  { title: "EndpointSecret", description: "What signs from now on." },
);

export const EndpointUrl = Type.Object(
  { url: Type.String({ description: "As configured, with its secrets." }) },
  { title: "EndpointUrl", description: "Where its requests go." },
);

export const EndpointParams = Type.Object({ id: IdOf("the endpoint") });
