import type { ProviderSettings } from "#portal/provider-account/index.ts";
import { provider } from "./example-portal.ts";

/** What the provider of the documentation has decided. */
export const exampleSettings: ProviderSettings = {
  name: provider.name,
  timeZone: provider.timeZone,
  webHooks: provider.webHooks,
  signupsEnabled: provider.signupsEnabled,
  emailActivation: provider.emailActivation,
  passwordLengthMin: provider.passwordLengthMin,
  userAccountAreaEnabled: true,
  hideService: false,
  publicSearch: false,
  accountPlansUiVisible: true,
  changeAccountPlanPermission: "request",
  servicePlansUiVisible: false,
  changeServicePlanPermission: "request",
  enforceSso: false,
  accountApprovalRequired: false,
  fromEmail: "no-reply@acme.example",
  supportEmail: "support@acme.example",
  financeSupportEmail: null,
  siteAccessCode: "3f1c07b2a9",
};
