import { Type } from "typebox";
import { Problem } from "#http/shared/problem.ts";
import {
  passwordLengths,
  planPermissions,
  readProviderSettings,
  settingsToJson,
  updateProviderSettings,
  webHooksStates,
} from "#portal/provider-account/index.ts";
import { requireSuccess } from "./error-responses.ts";
import { exampleProviderSettings } from "./example-portal.ts";
import { type Call, type Operation, jsonOnly } from "./operation.ts";
import { type Parameters, parseBoolean, parseText } from "./parameters.ts";
import { type ResponseDoc, renderJson } from "./responses.ts";
import { nullable } from "./schema-parts.ts";

const planPermission = Type.String({ enum: [...planPermissions] });

const SettingsFields = Type.Object({
  useraccountarea_enabled: Type.Boolean({ description: "Developers see and edit their account." }),
  hide_service: Type.Optional(Type.Boolean({ description: "Absent until it is first set." })),
  signups_enabled: Type.Boolean(),
  account_approval_required: Type.Boolean({
    description: "Of the account plan. It is not changed where there are several: each has its own.",
  }),
  public_search: Type.Boolean(),
  account_plans_ui_visible: Type.Boolean(),
  change_account_plan_permission: planPermission,
  service_plans_ui_visible: Type.Boolean(),
  change_service_plan_permission: planPermission,
  enforce_sso: Type.Boolean({ description: "Cannot be turned on: there is no single sign-on to the Admin Portal." }),
  email_activation: nullable(
    Type.Boolean({
      description:
        "New developers prove their e-mail address before their account counts. Null, in a form an empty text: exactly when mail can be sent.",
    }),
  ),
  password_length_min: Type.Integer({
    minimum: passwordLengths.min,
    maximum: passwordLengths.max,
    description: "How many characters a password has at least, of developers and of your own users.",
  }),
  time_zone: Type.String({
    description: "The name of an IANA time zone such as Europe/Oslo. Times in answers and webhooks are written in it.",
  }),
  web_hooks: Type.String({
    enum: [...webHooksStates],
    description: "Denied: nothing is sent. For admins and the provider key only.",
  }),
});

const settingsResponse: ResponseDoc = {
  schema: Type.Object({ settings: Type.Object(SettingsFields.properties, { title: "Settings" }) }),
  example: { json: () => renderJson(settingsToJson(exampleProviderSettings)) },
};

export const readSettingsOperation: Operation = {
  title: "Settings Read",
  tag: "Settings",
  description: "Returns the settings of the Developer Portal.",
  method: "GET",
  path: "/settings",
  action: "read-settings",
  formats: jsonOnly,
  response: settingsResponse,

  async handle({ pool }, { provider }) {
    const settings = await readProviderSettings(pool, provider.id);
    return { json: () => renderJson(settingsToJson(settings)) };
  },
};

export const updateSettingsOperation: Operation = {
  title: "Settings Update",
  tag: "Settings",
  description: "Changes the settings of the Developer Portal. What is left out stays as it is.",
  method: "PUT",
  path: "/settings",
  action: "change-settings",
  formats: jsonOnly,
  body: Type.Partial(SettingsFields, { examples: [{ signups_enabled: false }] }),
  wrapper: "settings",
  response: settingsResponse,

  async handle({ pool }, { provider, caller, values, by }) {
    requireAdminForWebhooks(caller, values);
    const outcome = await updateProviderSettings(pool, { providerId: provider.id, change: parseSettings(values), by });
    const { settings } = requireSuccess(outcome);
    return { json: () => renderJson(settingsToJson(settings)) };
  },
};

/** Whoever could deny them could silence what only admins may configure. */
function requireAdminForWebhooks({ role }: Call["caller"], values: Parameters): void {
  if (role === "member" && values["web_hooks"] !== undefined) throw new Problem("role-missing");
}

const parseSettings = (values: Parameters) => ({
  userAccountAreaEnabled: parseBoolean(values["useraccountarea_enabled"]),
  hideService: parseBoolean(values["hide_service"]),
  signupsEnabled: parseBoolean(values["signups_enabled"]),
  accountApprovalRequired: parseBoolean(values["account_approval_required"]),
  publicSearch: parseBoolean(values["public_search"]),
  accountPlansUiVisible: parseBoolean(values["account_plans_ui_visible"]),
  changeAccountPlanPermission: parseChoice(values, "change_account_plan_permission", planPermissions),
  servicePlansUiVisible: parseBoolean(values["service_plans_ui_visible"]),
  changeServicePlanPermission: parseChoice(values, "change_service_plan_permission", planPermissions),
  enforceSso: parseBoolean(values["enforce_sso"]),
  emailActivation: parseText(values["email_activation"]) === "" ? null : parseBoolean(values["email_activation"]),
  passwordLengthMin: parseNumber(values["password_length_min"]),
  timeZone: parseText(values["time_zone"])?.trim(),
  webHooks: parseChoice(values, "web_hooks", webHooksStates),
});

function parseNumber(it: unknown): number | undefined {
  const text = parseText(it);
  return text === undefined ? undefined : Number(text);
}

function parseChoice<Choice extends string>(
  values: Parameters,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const asked = parseText(values[name]);
  const choice = choices.find((it) => it === asked);
  if (asked !== undefined && choice === undefined)
    throw new Problem("invalid", { errors: { [name]: ["is not included in the list"] } });
  return choice;
}
