export interface NewMail {
  readonly recipient: string;
  readonly subject: string;
  /** Plain text. */
  readonly text: string;
}

/** A mail in the outbox. */
export interface Mail extends NewMail {
  readonly id: number;
  readonly createdAt: Date;
  /** Null: it has not gone out. */
  readonly sentAt: Date | null;
  readonly attemptsMade: number;
  /** Why the last attempt did not work out. */
  readonly lastError: string | null;
}
