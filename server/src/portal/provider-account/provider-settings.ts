import type { Provider } from "#portal/providers/index.ts";

export const planPermissions = ["direct", "request", "credit_card", "request_credit_card", "none"] as const;
/** Whether developers may change a plan themselves, ask for it, or need a credit card for it. */
export type PlanPermission = (typeof planPermissions)[number];

/** `hidden` is allowed as `visible` is. Denied: nothing is sent, and nobody opens the pages of the webhooks. */
export const webHooksStates = ["denied", "hidden", "visible"] as const satisfies readonly Provider["webHooks"][];

/** What the shortest password that is allowed may be set to. */
export const passwordLengths = { min: 8, max: 100 } as const;

/** What a provider decides about its portal and about itself. */
export interface ProviderSettings extends Pick<
  Provider,
  "name" | "timeZone" | "webHooks" | "signupsEnabled" | "emailActivation" | "passwordLengthMin"
> {
  readonly userAccountAreaEnabled: boolean;
  /** Null until somebody decides. */
  readonly hideService: boolean | null;
  readonly publicSearch: boolean;
  readonly accountPlansUiVisible: boolean;
  readonly changeAccountPlanPermission: PlanPermission;
  readonly servicePlansUiVisible: boolean;
  readonly changeServicePlanPermission: PlanPermission;
  readonly enforceSso: boolean;
  /** Whether the default account plan, else the first, lets nobody in unseen. */
  readonly accountApprovalRequired: boolean;
  /** Null: the installation's. Empty: none, as 3scale keeps it. */
  readonly fromEmail: string | null;
  readonly supportEmail: string | null;
  readonly financeSupportEmail: string | null;
  readonly siteAccessCode: string | null;
}
