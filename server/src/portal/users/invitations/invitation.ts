/** Somebody who is asked to join an account, by mail. */
export interface Invitation {
  readonly id: number;
  readonly accountId: number;
  readonly email: string;
  /** The last time. */
  readonly sentAt: Date;
  /** From then on the link in the mail opens nothing, until it is sent again. */
  readonly expiresAt: Date;
  /** Null: not yet. */
  readonly acceptedAt: Date | null;
  readonly createdAt: Date;
}
