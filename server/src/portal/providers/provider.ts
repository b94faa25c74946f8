/** An API provider: a tenant, with developer accounts of its own. */
export interface Provider {
  readonly id: number;
  readonly name: string;
  readonly subdomain: string;
  readonly state: "approved" | "suspended" | "scheduled_for_deletion";
  /** Name of the zone that the timestamps of documents are written in. */
  readonly timeZone: string;
  readonly webHooks: "denied" | "hidden" | "visible";
  readonly signupsEnabled: boolean;
  /** Whether new developers prove their address first. Null: exactly when mail can be sent. */
  readonly emailActivation: boolean | null;
  readonly passwordLengthMin: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
