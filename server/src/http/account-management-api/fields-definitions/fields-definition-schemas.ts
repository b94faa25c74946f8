import { Type } from "typebox";
import { truth } from "../answers/schema-parts.ts";

export const target = Type.String({
  enum: ["Account", "User", "Cinstance"],
  description: "A cinstance is an application.",
});

export const NewFieldsDefinitionSchema = Type.Object(
  {
    target,
    name: Type.String(),
    label: Type.String(),
    required: truth,
    hidden: truth,
    read_only: truth,
    choices: Type.Optional(Type.Array(Type.String())),
  },
  { examples: [{ target: "Account", name: "region", label: "Region", choices: ["emea", "apac"] }] },
);

export const FieldsDefinitionChangeSchema = Type.Partial(
  Type.Object({ ...NewFieldsDefinitionSchema.properties, position: Type.Integer({ description: "From 1." }) }),
  { examples: [{ label: "Where", position: 1 }] },
);
