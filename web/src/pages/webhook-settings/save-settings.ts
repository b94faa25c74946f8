import { answerOf, type ApiClient } from "../../api/api-client.ts";
import { ApiProblem } from "../../api/api-problem.ts";
import { readEndpoints, type Endpoint } from "../../api/endpoint-queries.ts";
import type { EventType } from "../../api/event-type-queries.ts";
import type { Settings } from "./settings.ts";

interface SaveNeeds {
  readonly api: ApiClient;
  readonly csrfToken: string;
  readonly types: readonly EventType[];
}

/** Saves what 3scale's API knows through it, and then what only we have, if that changed. */
export async function saveSettings({ api, csrfToken, types }: SaveNeeds, settings: Settings): Promise<void> {
  await putWebhooks(csrfToken, {
    url: settings.url,
    active: settings.active,
    provider_actions: settings.provider_actions,
    ...Object.fromEntries(types.map((it) => [it.switch, settings.switches.has(it.type)])),
  });

  const endpoint = await readDefaultEndpoint(api);
  const { all_actors, success } = settings;
  if (endpoint.all_actors === all_actors && endpoint.success === success) return;
  await answerOf(
    api.PATCH("/api/v1/endpoints/{id}", { params: { path: { id: endpoint.id } }, body: { all_actors, success } }),
  );
}

/** The Account Management API's operation, which makes the endpoint if there is none. */
async function putWebhooks(csrfToken: string, webhooks: Record<string, string | boolean>): Promise<void> {
  const response = await fetch("/admin/api/webhooks.json", {
    method: "PUT",
    credentials: "same-origin",
    headers: { "content-type": "application/json", "x-csrf-token": csrfToken },
    body: JSON.stringify(webhooks),
  });
  if (!response.ok) throw new ApiProblem(response.status, await response.json().catch(() => undefined));
}

async function readDefaultEndpoint(api: ApiClient): Promise<Endpoint> {
  const endpoint = (await readEndpoints(api)).find(({ name }) => name === "default");
  if (!endpoint) throw new Error("The settings were saved, but cannot be read.");
  return endpoint;
}
