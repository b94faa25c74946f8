import { Type } from "typebox";
import type { DocumentedAnswer } from "../answers/documented-answer.ts";
import { links, times } from "../answers/schema-parts.ts";
import { adminUrl, application, provider } from "../examples/example-portal.ts";
import { writeApplicationKeys } from "./write-application-keys.ts";

const key = Type.Object({ value: Type.String(), ...times, links }, { title: "ApplicationKey" });

export const applicationKeysAnswer: DocumentedAnswer = {
  schema: Type.Object({ keys: Type.Array(Type.Object({ key })) }),
  example: writeApplicationKeys({ provider, adminUrl }, application),
};
