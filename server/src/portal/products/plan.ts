export type PlanKind = "account_plan" | "service_plan" | "application_plan";

/** On which terms an account, a subscription to a product or an application is held. */
export interface Plan {
  readonly id: number;
  readonly kind: PlanKind;
  /** Null for account plans alone. */
  readonly productId: number | null;
  readonly name: string;
  readonly systemName: string;
  readonly state: "hidden" | "published";
  readonly isDefault: boolean;
  /** The plan that this one was made from for a single customer. Null for an ordinary plan. */
  readonly customizedFrom: number | null;
  readonly approvalRequired: boolean;
  /** Decimals, as text. */
  readonly setupFee: string;
  readonly costPerMonth: string;
  readonly trialPeriodDays: number | null;
  readonly cancellationPeriodSeconds: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
