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
  useraccountarea_enabled: Type.Boolean({ description: "Developers can view and edit their account." }),
  hide_service: Type.Optional(Type.Boolean({ description: "Absent until set for the first time." })),
  signups_enabled: Type.Boolean(),
  account_approval_required: Type.Boolean({
    description:
      "The setting of the account plan. Cannot be changed here if there are several account plans, each with its own.",
  }),
  public_search: Type.Boolean(),
  account_plans_ui_visible: Type.Boolean(),
  change_account_plan_permission: planPermission,
  service_plans_ui_visible: Type.Boolean(),
  change_service_plan_permission: planPermission,
  enforce_sso: Type.Boolean({ description: "Cannot be enabled: the Admin Portal has no single sign-on." }),
  email_activation: nullable(
    Type.Boolean({
      description:
        "New developers must confirm their email address before they can use their account. Null, or an empty text in a form: only if email can be sent.",
    }),
  ),
  password_length_min: Type.Integer({
    minimum: passwordLengths.min,
    maximum: passwordLengths.max,
    description: "The minimum length of passwords, of developers and of your own users.",
  }),
  time_zone: Type.String({
    description: "An IANA time zone such as Europe/Oslo, for the times in responses and webhooks.",
  }),
  web_hooks: Type.String({
    enum: [...webHooksStates],
    description: "Denied: no webhooks are sent. Only admins and the provider key can change it.",
  }),
});

const settingsResponse: ResponseDoc = {
  schema: Type.Object({ settings: Type.Object(SettingsFields.properties, { title: "Settings" }) }),
  example: { json: () => renderJson(settingsToJson(exampleProviderSettings)) },
};

const readSettingsOperation: Operation = {
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

const updateSettingsOperation: Operation = {
  title: "Settings Update",
  tag: "Settings",
  description: "Updates the settings of the Developer Portal. Absent settings keep their values.",
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

/** Only admins may configure webhooks, so members must not be able to turn them off. */
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

function parseNumber(value: unknown): number | undefined {
  const text = parseText(value);
  return text === undefined ? undefined : Number(text);
}

function parseChoice<Choice extends string>(
  values: Parameters,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = parseText(values[name]);
  const choice = choices.find((candidate) => candidate === text);
  if (text !== undefined && choice === undefined)
    throw new Problem("invalid", { errors: { [name]: ["is not included in the list"] } });
  return choice;
}

export const settingsOperations: readonly Operation[] = [readSettingsOperation, updateSettingsOperation];
