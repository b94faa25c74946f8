import { Type } from "typebox";
import { memberSections } from "#portal/provider-account/index.ts";

export const AllowedSections = Type.Array(Type.String({ enum: [...memberSections] }));

export const PermissionsSchema = Type.Object({
  permissions: Type.Object(
    {
      user_id: Type.Integer(),
      role: Type.String({ enum: ["admin", "member"] }),
      allowed_service_ids: Type.Union([Type.Array(Type.Integer()), Type.Null()], { description: "Null: all." }),
      allowed_sections: AllowedSections,
      links: Type.Array(Type.Object({ rel: Type.String(), href: Type.String({ format: "uri" }) })),
    },
    { title: "Permissions" },
  ),
});
