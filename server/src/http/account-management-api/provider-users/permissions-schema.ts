import { Type } from "typebox";
import { memberSections } from "#portal/provider-account/index.ts";

export const AllowedSections = Type.Array(Type.String({ enum: [...memberSections] }));

/** What may come with a user. */
export const permissionsOfUser = {
  member_permission_ids: Type.Optional(AllowedSections),
  member_permission_service_ids: Type.Optional(
    Type.Array(Type.Integer(), { description: "As `allowed_service_ids` of the permissions." }),
  ),
};

export const PermissionsSchema = Type.Object({
  permissions: Type.Object(
    {
      user_id: Type.Integer(),
      role: Type.String({ enum: ["admin", "member"] }),
      allowed_sections: AllowedSections,
      allowed_service_ids: Type.Union([Type.Array(Type.Integer()), Type.Null()], { description: "Null: all." }),
      links: Type.Array(Type.Object({ rel: Type.String(), href: Type.String({ format: "uri" }) })),
    },
    { title: "Permissions" },
  ),
});
