import { type TSchema, Type } from "typebox";

export const idSchema = Type.Integer();
export const timeSchema = Type.String({ format: "date-time" });
export const timestamps = { created_at: timeSchema, updated_at: timeSchema };
export const linksSchema = Type.Array(Type.Object({ rel: Type.String(), href: Type.String({ format: "uri" }) }));
export const optionalBoolean = Type.Optional(Type.Boolean());
export const optionalText = Type.Optional(Type.String());

export const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

export const metadataSchema = Type.Optional(
  Type.Object(
    {
      per_page: Type.Integer(),
      total_entries: Type.Integer(),
      total_pages: Type.Integer(),
      current_page: Type.Integer(),
    },
    { title: "Metadata", description: "The position of this page in the list. Absent if the list has one page." },
  ),
);
