import type { FieldValues } from "#portal/fields/index.ts";
import type { Plan, Product } from "#portal/products/index.ts";

/** What an account uses a product with. Programs know it as a cinstance. */
export interface Application {
  readonly id: number;
  readonly accountId: number;
  readonly product: Product;
  readonly plan: Plan;
  /** Null if a program gave none. */
  readonly name: string | null;
  readonly description: string | null;
  readonly state: "pending" | "live" | "suspended";
  /** What it calls a product of version `1` with. */
  readonly userKey: string;
  /** What it calls all other products with: the id, or client id, that programs send. Not the number in `id`. */
  readonly applicationId: string;
  /** Oldest first; for OAuth and OpenID Connect the client secret. */
  readonly keys: readonly ApplicationKey[];
  readonly referrerFilters: readonly string[];
  readonly providerVerificationKey: string;
  readonly redirectUrl: string | null;
  readonly createOrigin: string | null;
  /** What a program says of when it was accepted. No document has it. */
  readonly acceptedAt: Date | null;
  readonly firstTrafficAt: Date | null;
  readonly firstDailyTrafficAt: Date | null;
  /** All fields but `name` and `description`. */
  readonly fields: FieldValues;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface ApplicationKey {
  readonly value: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What people read of an application that may have no name. */
export const titleOf = ({ id, name }: Pick<Application, "id" | "name">): string => name?.trim() || `Application ${id}`;
