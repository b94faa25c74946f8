import type { Annotations } from "#portal/fields/index.ts";

/** What the provider's developers use: an API. 3scale's API calls it a service. */
export interface Product {
  readonly id: number;
  readonly name: string;
  readonly systemName: string;
  readonly state: ProductState;
  readonly description: string | null;
  /** How applications prove who they are. `1`: user key; `2`: application id and keys; `oauth`: OAuth, OpenID Connect. */
  readonly backendVersion: "1" | "2" | "oauth";
  /** Where the gateway runs, which is none of our business: kept for programs that ask. */
  readonly deploymentOption: string;
  /** Null or blank: the provider's own. */
  readonly supportEmail: string | null;
  readonly intentionsRequired: boolean;
  readonly txtSupport: string | null;
  readonly terms: string | null;
  /** At which percentages of a limit whom to notify, by recipient. Null until it is first written. */
  readonly notificationSettings: NotificationSettings | null;
  readonly annotations: Annotations;
  /** Whether an application of version `2` must have a key. */
  readonly mandatoryAppKey: boolean;
  readonly referrerFiltersRequired: boolean;
  readonly buyersManageApps: boolean;
  readonly buyersManageKeys: boolean;
  /** Whether developers may choose the values of their keys. */
  readonly customKeysEnabled: boolean;
  readonly buyerKeyRegenerateEnabled: boolean;
  readonly buyerCanSelectPlan: boolean;
  /** One of `planChangePermissions`; any other text, which 3scale also keeps, permits nothing. */
  readonly buyerPlanChangePermission: string;
  /** OpenID Connect products only. */
  readonly oidcConfiguration: OidcConfiguration | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** `deleted` is shown once, to whoever deletes a product by a state event. */
export type ProductState = "incomplete" | "hidden" | "offline" | "published" | "deprecated" | "deleted";

export type NotificationSettings = Readonly<
  Partial<Record<(typeof notificationRecipients)[number], readonly number[]>>
>;

export const notificationRecipients = ["web_provider", "email_provider", "web_buyer", "email_buyer"] as const;

/** What a developer must have or do to move to another plan: `direct` is nothing, `none` is in vain. */
export type PlanChangePermission = (typeof planChangePermissions)[number];

const planChangePermissions = ["direct", "request", "credit_card", "request_credit_card", "none"] as const;

/** As it is stored and written in documents. */
export interface OidcConfiguration {
  readonly id: number;
  readonly standard_flow_enabled: boolean;
  readonly implicit_flow_enabled: boolean;
  readonly service_accounts_enabled: boolean;
  readonly direct_access_grants_enabled: boolean;
}
