/** What the provider's developers use: an API. 3scale's API calls it a service. */
export interface Product {
  readonly id: number;
  readonly name: string;
  readonly systemName: string;
  readonly description: string | null;
  /** How applications prove who they are. `1`: user key; `2`: application id and keys; `oauth`: OAuth, OpenID Connect. */
  readonly backendVersion: "1" | "2" | "oauth";
  /** Where the gateway runs, which is none of our business: kept for programs that ask. */
  readonly deploymentOption: string;
  /** Whether an application of version `2` must have a key. */
  readonly mandatoryAppKey: boolean;
  readonly referrerFiltersRequired: boolean;
  readonly buyersManageApps: boolean;
  readonly buyersManageKeys: boolean;
  /** Whether developers may choose the values of their keys. */
  readonly customKeysEnabled: boolean;
  readonly buyerKeyRegenerateEnabled: boolean;
  readonly buyerCanSelectPlan: boolean;
  readonly buyerPlanChangePermission: PlanChangePermission;
  /** OpenID Connect products only. */
  readonly oidcConfiguration: OidcConfiguration | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What a developer must have or do to move to another plan: `direct` is nothing, `none` is in vain. */
export type PlanChangePermission = (typeof planChangePermissions)[number];

export const planChangePermissions = ["direct", "request", "credit_card", "request_credit_card", "none"] as const;

/** As it is stored and written in documents. */
export interface OidcConfiguration {
  readonly id: number;
  readonly standard_flow_enabled: boolean;
  readonly implicit_flow_enabled: boolean;
  readonly service_accounts_enabled: boolean;
  readonly direct_access_grants_enabled: boolean;
}
