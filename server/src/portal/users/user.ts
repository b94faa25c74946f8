import type { FieldValues } from "#portal/fields/index.ts";

/** A person in an account. Its password's hash is not part of it: see `findUsersByLogin`. */
export interface User {
  readonly id: number;
  readonly accountId: number;
  readonly username: string;
  readonly email: string | null;
  readonly role: "admin" | "member";
  readonly state: "pending" | "active" | "suspended" | "email_unverified";
  readonly activatedAt: Date | null;
  readonly casIdentifier: string | null;
  readonly openId: string | null;
  /** All fields but `username` and `email`. */
  readonly fields: FieldValues;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
