import { Type } from "typebox";
import {
  changeProviderSettings,
  planPermissions,
  settingsToJson,
  type PlanPermission,
} from "#portal/provider-account/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { writeJson } from "../answers/write-json.ts";
import { jsonOnly, type Operation } from "../operation.ts";
import { switchOf, textOf, type Parameters } from "../requests/read-parameters.ts";
import { SettingsFields } from "./settings-schemas.ts";
import { settingsAnswer } from "./settings-answer.ts";

export const updateSettingsOperation: Operation = {
  title: "Settings Update",
  tag: "Settings",
  says: "Changes the settings of the Developer Portal. What is left out stays as it is.",
  method: "PUT",
  path: "/settings",
  deed: "change-settings",
  formats: jsonOnly,
  body: Type.Partial(SettingsFields, { examples: [{ signups_enabled: false }] }),
  wrapper: "settings",
  answers: settingsAnswer,

  async answer({ pool }, { provider, values, by }) {
    const outcome = await changeProviderSettings(pool, { providerId: provider.id, change: changeOf(values), by });
    const { settings } = doneOrRefuse(outcome);
    return { json: () => writeJson(settingsToJson(settings)) };
  },
};

const changeOf = (values: Parameters) => ({
  userAccountAreaEnabled: switchOf(values["useraccountarea_enabled"]),
  hideService: switchOf(values["hide_service"]),
  signupsEnabled: switchOf(values["signups_enabled"]),
  accountApprovalRequired: switchOf(values["account_approval_required"]),
  publicSearch: switchOf(values["public_search"]),
  accountPlansUiVisible: switchOf(values["account_plans_ui_visible"]),
  changeAccountPlanPermission: permissionOf(values, "change_account_plan_permission"),
  changeServicePlanPermission: permissionOf(values, "change_service_plan_permission"),
  enforceSso: switchOf(values["enforce_sso"]),
});

function permissionOf(values: Parameters, name: string): PlanPermission | undefined {
  const asked = textOf(values[name]);
  const permission = planPermissions.find((it) => it === asked);
  if (asked !== undefined && !permission)
    throw new Problem("invalid", { errors: { [name]: ["is not included in the list"] } });
  return permission;
}
