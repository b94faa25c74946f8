import { Type } from "typebox";

const target = Type.String({ enum: ["Account", "User", "Cinstance"], description: "A cinstance is an application." });
const truth = Type.Optional(Type.Boolean());

export const NewFieldsDefinitionSchema = Type.Object({
  target,
  name: Type.String(),
  label: Type.String(),
  required: truth,
  hidden: truth,
  read_only: truth,
  choices: Type.Optional(Type.Array(Type.String())),
});

export const FieldsDefinitionChangeSchema = Type.Partial(
  Type.Object({ ...NewFieldsDefinitionSchema.properties, position: Type.Integer({ description: "From 1." }) }),
);

const time = Type.String({ format: "date-time" });

export const FieldsDefinitionSchema = Type.Object({
  fields_definition: Type.Object(
    {
      id: Type.Integer(),
      target,
      name: Type.String(),
      label: Type.String(),
      required: Type.Boolean(),
      hidden: Type.Boolean(),
      read_only: Type.Boolean(),
      choices: Type.Array(Type.String()),
      position: Type.Integer(),
      created_at: time,
      updated_at: time,
    },
    { title: "FieldsDefinition" },
  ),
});
