import { Type } from "typebox";
import { saveDefaultEndpoint, switchesOf, type Endpoint } from "#webhooks/endpoints/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { jsonOnly, type Operation } from "../operation.ts";
import { switchOf, textOf, type Parameters } from "../requests/read-parameters.ts";
import { writeJson } from "../answers/write-json.ts";

const switchNames = switchesOf({ eventTypes: [] }).map(({ name }) => name);

const Settings = Type.Object({
  url: Type.String({ description: "Notified of all the events that are on. At most 255 characters." }),
  active: Type.Boolean(),
  provider_actions: Type.Boolean({ description: "Actions in the Admin Portal and by access tokens count, too." }),
  ...Object.fromEntries(switchNames.map((name) => [name, Type.Boolean()])),
});

export const updateWebhookOperation: Operation = {
  title: "WebHooks Update",
  tag: "Webhooks",
  says: "Makes or changes your webhook, which is the endpoint named `default`. What is left out stays as it is.",
  method: "PUT",
  path: "/webhooks",
  deed: "change-webhooks",
  formats: jsonOnly,
  wrapper: "web_hook",
  body: Type.Partial(Settings),
  answers: Type.Object({ webhook: Settings }, { title: "Webhook" }),

  async answer(needs, { provider, caller, values }) {
    const saved = await saveDefaultEndpoint(needs, {
      providerId: provider.id,
      change: changeOf(values),
      actor: caller.actor,
    });
    if ("refused" in saved) throw new Problem("invalid", { errors: saved.refused });
    return { json: () => writeJson(webhookToJson(saved)) };
  },
};

const changeOf = (settings: Parameters) => ({
  url: textOf(settings["url"]),
  active: switchOf(settings["active"]),
  providerActions: switchOf(settings["provider_actions"]),
  switches: Object.fromEntries(switchNames.map((name) => [name, switchOf(settings[name])])),
});

const webhookToJson = (endpoint: Endpoint) => ({
  webhook: {
    url: endpoint.url,
    active: endpoint.active,
    provider_actions: endpoint.providerActions,
    ...Object.fromEntries(switchesOf(endpoint).map(({ name, on }) => [name, on])),
  },
});
