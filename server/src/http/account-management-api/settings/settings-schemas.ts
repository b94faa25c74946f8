import { Type } from "typebox";
import { passwordLengths, planPermissions, webHooksStates } from "#portal/provider-account/index.ts";
import { nullable } from "../answers/schema-parts.ts";

const planPermission = Type.String({ enum: [...planPermissions] });

export const SettingsFields = Type.Object({
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
