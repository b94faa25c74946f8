import { type TSchema, Type } from "typebox";

/** What many answers have in common. */

export const idSchema = Type.Integer();
export const timeSchema = Type.String({ format: "date-time" });
export const timestamps = { created_at: timeSchema, updated_at: timeSchema };
export const linksSchema = Type.Array(Type.Object({ rel: Type.String(), href: Type.String({ format: "uri" }) }));
export const optionalBoolean = Type.Optional(Type.Boolean());
export const optionalText = Type.Optional(Type.String());

export const annotationsSchema = Type.Object(
  { managed_by: optionalText },
  { description: "Notes of programs. Only `managed_by`; an empty text removes it." },
);

export const nullable = <It extends TSchema>(it: It) => Type.Union([it, Type.Null()]);

/** Where a page stands in its list. Only when there is more than one page. */
export const metadataSchema = Type.Optional(
  Type.Object(
    {
      per_page: Type.Integer(),
      total_entries: Type.Integer(),
      total_pages: Type.Integer(),
      current_page: Type.Integer(),
    },
    { title: "Metadata", description: "Where this page stands in the list. Absent when everything is on one page." },
  ),
);
