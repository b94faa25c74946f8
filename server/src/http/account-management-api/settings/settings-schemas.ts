import { Type } from "typebox";
import { planPermissions } from "#portal/provider-account/index.ts";

const planPermission = Type.String({ enum: [...planPermissions] });

export const SettingsFields = Type.Object({
  useraccountarea_enabled: Type.Boolean({ description: "Developers see and edit their account." }),
  hide_service: Type.Boolean(),
  signups_enabled: Type.Boolean(),
  account_approval_required: Type.Boolean({ description: "Of the default account plan." }),
  public_search: Type.Boolean(),
  account_plans_ui_visible: Type.Boolean(),
  change_account_plan_permission: planPermission,
  change_service_plan_permission: planPermission,
  enforce_sso: Type.Boolean(),
});
