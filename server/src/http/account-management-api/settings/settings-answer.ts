import { Type } from "typebox";
import { settingsToJson } from "#portal/provider-account/index.ts";
import type { DocumentedAnswer } from "../answers/documented-answer.ts";
import { writeJson } from "../answers/write-json.ts";
import { exampleSettings } from "../examples/example-settings.ts";
import { SettingsFields } from "./settings-schemas.ts";

export const settingsAnswer: DocumentedAnswer = {
  schema: Type.Object({ settings: Type.Object(SettingsFields.properties, { title: "Settings" }) }),
  example: { json: () => writeJson(settingsToJson(exampleSettings)) },
};
