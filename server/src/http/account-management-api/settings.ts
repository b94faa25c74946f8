import { Type } from "typebox";
import { Problem } from "#http/shared/problem.ts";
import { propertySchemas } from "#portal/fields/index.ts";
import {
  parseProviderSettings,
  readProviderSettings,
  settingsFields,
  settingsToJson,
  updateProviderSettings,
} from "#portal/provider-account/index.ts";
import { requireSuccess } from "./error-responses.ts";
import { exampleProviderSettings } from "./example-portal.ts";
import { type Call, type Operation, jsonOnly } from "./operation.ts";
import type { Parameters } from "./parameters.ts";
import { type ResponseDoc, renderJson } from "./responses.ts";

const settingsResponse: ResponseDoc = {
  schema: Type.Object({
    settings: Type.Object(propertySchemas(settingsFields, "complete", "settings"), { title: "Settings" }),
  }),
  example: { json: () => renderJson(settingsToJson(exampleProviderSettings)) },
};

const readSettingsOperation: Operation = {
  title: "Settings Read",
  tag: "Settings",
  description: "Returns the settings of the Developer Portal.",
  method: "GET",
  path: "/settings",
  action: "read-settings",
  formats: jsonOnly,
  response: settingsResponse,

  async handle({ pool }, { provider }) {
    const settings = await readProviderSettings(pool, provider.id);
    return { json: () => renderJson(settingsToJson(settings)) };
  },
};

const updateSettingsOperation: Operation = {
  title: "Settings Update",
  tag: "Settings",
  description: "Updates the settings of the Developer Portal. Absent settings keep their values.",
  method: "PUT",
  path: "/settings",
  action: "change-settings",
  formats: jsonOnly,
  body: Type.Object(propertySchemas(settingsFields, "change", "settings"), { examples: [{ signups_enabled: false }] }),
  wrapper: "settings",
  response: settingsResponse,

  async handle({ pool }, { provider, caller, values, by }) {
    requireAdminForWebhooks(caller, values);
    const { change } = requireSuccess(parseProviderSettings(values, "settings", by.now));
    const { settings } = requireSuccess(await updateProviderSettings(pool, { providerId: provider.id, change, by }));
    return { json: () => renderJson(settingsToJson(settings)) };
  },
};

/** Only admins may configure webhooks, so members must not be able to turn them off. */
function requireAdminForWebhooks({ role }: Call["caller"], values: Parameters): void {
  if (role === "member" && values["web_hooks"] !== undefined) throw new Problem("role-missing");
}

export const settingsOperations: readonly Operation[] = [readSettingsOperation, updateSettingsOperation];
