export interface NewMail {
  readonly recipient: string;
  readonly subject: string;
  /** Plain text. */
  readonly text: string;
  /** The link in the text that lets whoever opens it in. It is removed from the outbox once the mail is sent. */
  readonly secretLink?: string;
}

/** A mail in the outbox. */
export interface Mail extends Omit<NewMail, "secretLink"> {
  readonly id: number;
  readonly createdAt: Date;
  /** Null: it has not gone out. */
  readonly sentAt: Date | null;
  readonly attemptsMade: number;
  /** Why the last attempt did not work out. */
  readonly lastError: string | null;
}
