import { Type } from "typebox";
import {
  updateProviderSettings,
  planPermissions,
  settingsToJson,
  webHooksStates,
} from "#portal/provider-account/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { writeJson } from "../answers/write-json.ts";
import { jsonOnly, type Call, type Operation } from "../operation.ts";
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

  async answer({ pool }, { provider, caller, values, by }) {
    assertMaySwitchWebhooks(caller, values);
    const outcome = await updateProviderSettings(pool, { providerId: provider.id, change: changeOf(values), by });
    const { settings } = doneOrRefuse(outcome);
    return { json: () => writeJson(settingsToJson(settings)) };
  },
};

/** Whoever could deny them could silence what only admins may configure. */
function assertMaySwitchWebhooks({ role }: Call["caller"], values: Parameters): void {
  if (role === "member" && values["web_hooks"] !== undefined) throw new Problem("role-missing");
}

const changeOf = (values: Parameters) => ({
  userAccountAreaEnabled: switchOf(values["useraccountarea_enabled"]),
  hideService: switchOf(values["hide_service"]),
  signupsEnabled: switchOf(values["signups_enabled"]),
  accountApprovalRequired: switchOf(values["account_approval_required"]),
  publicSearch: switchOf(values["public_search"]),
  accountPlansUiVisible: switchOf(values["account_plans_ui_visible"]),
  changeAccountPlanPermission: choiceOf(values, "change_account_plan_permission", planPermissions),
  servicePlansUiVisible: switchOf(values["service_plans_ui_visible"]),
  changeServicePlanPermission: choiceOf(values, "change_service_plan_permission", planPermissions),
  enforceSso: switchOf(values["enforce_sso"]),
  emailActivation: textOf(values["email_activation"]) === "" ? null : switchOf(values["email_activation"]),
  passwordLengthMin: numberOf(values["password_length_min"]),
  timeZone: textOf(values["time_zone"])?.trim(),
  webHooks: choiceOf(values, "web_hooks", webHooksStates),
});

function numberOf(it: unknown): number | undefined {
  const text = textOf(it);
  return text === undefined ? undefined : Number(text);
}

function choiceOf<Choice extends string>(
  values: Parameters,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const asked = textOf(values[name]);
  const choice = choices.find((it) => it === asked);
  if (asked !== undefined && choice === undefined)
    throw new Problem("invalid", { errors: { [name]: ["is not included in the list"] } });
  return choice;
}
