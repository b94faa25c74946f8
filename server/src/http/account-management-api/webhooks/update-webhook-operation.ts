import { Type } from "typebox";
import { saveDefaultEndpoint } from "#webhooks/endpoints/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { jsonOnly, type Operation } from "../operation.ts";
import { switchOf, textOf, type Parameters } from "../requests/read-parameters.ts";
import { switchNames, webhookAnswer, WebhookSettings } from "./webhook-answer.ts";
import { writeWebhook } from "./write-webhook.ts";

export const updateWebhookOperation: Operation = {
  title: "WebHooks Update",
  tag: "Webhooks",
  says: "Makes or changes your webhook, which is the endpoint named `default`. What is left out stays as it is.",
  method: "PUT",
  path: "/webhooks",
  deed: "change-webhooks",
  formats: jsonOnly,
  wrapper: "web_hook",
  wrapperMayBeEmpty: true,
  dropped: ["push_application_content_type"],
  body: Type.Partial(WebhookSettings, {
    examples: [
      { url: "https://hooks.example.com/3scale", active: true, account_created_on: true, user_created_on: true },
    ],
  }),
  answers: webhookAnswer,

  async answer(needs, { provider, caller, values }) {
    const saved = await saveDefaultEndpoint(needs, {
      providerId: provider.id,
      change: changeOf(values),
      actor: caller.actor,
    });
    if ("refused" in saved) throw new Problem("invalid", { errors: saved.refused });
    return writeWebhook(saved);
  },
};

const changeOf = (settings: Parameters) => ({
  url: textOf(settings["url"]),
  active: switchOf(settings["active"]),
  providerActions: switchOf(settings["provider_actions"]),
  switches: Object.fromEntries(switchNames.map((name) => [name, switchOf(settings[name])])),
});
