import { readProviderSettings, settingsToJson } from "#portal/provider-account/index.ts";
import { writeJson } from "../answers/write-json.ts";
import { jsonOnly, type Operation } from "../operation.ts";
import { SettingsSchema } from "./settings-schemas.ts";

export const readSettingsOperation: Operation = {
  title: "Settings Read",
  tag: "Settings",
  says: "Returns the settings of the Developer Portal.",
  method: "GET",
  path: "/settings",
  deed: "read-settings",
  formats: jsonOnly,
  answers: SettingsSchema,

  async answer({ pool }, { provider }) {
    const settings = await readProviderSettings(pool, provider.id);
    return { json: () => writeJson(settingsToJson(settings)) };
  },
};
