import { Type } from "typebox";
import { settingsToJson } from "#portal/provider-account/index.ts";
import type { DocumentedAnswer } from "../answers/documented-answer.ts";
import { nullable } from "../answers/schema-parts.ts";
import { writeJson } from "../answers/write-json.ts";
import { exampleSettings } from "../examples/example-settings.ts";
import { SettingsFields } from "./settings-schemas.ts";

export const settingsAnswer: DocumentedAnswer = {
  schema: Type.Object({
    settings: Type.Object(
      {
        ...SettingsFields.properties,
        email_activation: nullable(Type.Boolean({ description: "Null: exactly when mail can be sent." })),
        password_length_min: Type.Integer(),
        web_hooks: Type.String({ enum: ["denied", "hidden", "visible"] }),
      },
      { title: "Settings" },
    ),
  }),
  example: { json: () => writeJson(settingsToJson(exampleSettings)) },
};
