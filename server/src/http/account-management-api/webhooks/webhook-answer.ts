import { Type } from "typebox";
import { switchesOf } from "#webhooks/endpoints/index.ts";
import type { DocumentedAnswer } from "../answers/documented-answer.ts";
import { writeWebhook } from "./write-webhook.ts";

export const switchNames = switchesOf({ eventTypes: [] }).map(({ name }) => name);

export const WebhookSettings = Type.Object({
  url: Type.String({ description: "Notified of all the events that are on. At most 255 characters." }),
  active: Type.Boolean({ description: "Off: what happens is not sent, and what is due waits." }),
  provider_actions: Type.Boolean({ description: "Actions in the Admin Portal and by access tokens count, too." }),
  ...Object.fromEntries(switchNames.map((name) => [name, Type.Boolean()])),
});

export const webhookAnswer: DocumentedAnswer = {
  schema: Type.Object({ webhook: Type.Object(WebhookSettings.properties, { title: "Webhook" }) }),
  example: writeWebhook({
    url: "https://hooks.example.com/3scale",
    active: true,
    providerActions: true,
    eventTypes: ["account.created", "account.updated", "account.deleted"],
  }),
};
