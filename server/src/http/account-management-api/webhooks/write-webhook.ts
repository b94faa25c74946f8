import { switchesOf, type Endpoint } from "#webhooks/endpoints/index.ts";
import type { Answer } from "../answers/send-answer.ts";
import { writeJson } from "../answers/write-json.ts";

/** The default endpoint as 3scale's webhook. */
export const writeWebhook = (
  endpoint: Pick<Endpoint, "url" | "active" | "providerActions" | "eventTypes">,
): Pick<Answer, "json"> => ({
  json: () =>
    writeJson({
      webhook: {
        url: endpoint.url,
        active: endpoint.active,
        provider_actions: endpoint.providerActions,
        ...Object.fromEntries(switchesOf(endpoint).map(({ name, on }) => [name, on])),
      },
    }),
});
