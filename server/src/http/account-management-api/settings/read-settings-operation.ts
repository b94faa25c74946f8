import { readProviderSettings, settingsToJson } from "#portal/provider-account/index.ts";
import { writeJson } from "../answers/write-json.ts";
import { jsonOnly, type Operation } from "../operation.ts";
import { settingsAnswer } from "./settings-answer.ts";

export const readSettingsOperation: Operation = {
  title: "Settings Read",
  tag: "Settings",
  says: "Returns the settings of the Developer Portal.",
  method: "GET",
  path: "/settings",
  deed: "read-settings",
  formats: jsonOnly,
  answers: settingsAnswer,

  async answer({ pool }, { provider }) {
    const settings = await readProviderSettings(pool, provider.id);
    return { json: () => writeJson(settingsToJson(settings)) };
  },
};
