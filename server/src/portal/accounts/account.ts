import type { FieldValues } from "#portal/fields/index.ts";

type AccountState = "created" | "pending" | "approved" | "rejected" | "suspended" | "scheduled_for_deletion";

/** An organisation of developers, customer of a provider. */
export interface Account {
  readonly id: number;
  /** A name for what the account says, with its users and on which plans it is. Each change of any of them renews it. */
  readonly version: string;
  /** The number of its last event. Each renews the version, too. */
  readonly lastSequence: number;
  readonly orgName: string;
  readonly state: AccountState;
  readonly stateChangedAt: Date;
  readonly deletionAt: Date | null;
  readonly planId: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** All fields but `org_name`. */
  readonly fields: FieldValues;
  readonly monthlyBillingEnabled: boolean;
  readonly monthlyChargingEnabled: boolean;
  /** What a payment gateway knows the account's card by. No document has it: they say whether there is one. */
  readonly creditCardToken: string | null;
  readonly creditCardPartialNumber: string | null;
  /** `2027-05-01` */
  readonly creditCardExpiresOn: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
