import type { PlanKind } from "#portal/products/index.ts";
import type { PortalObjects } from "./portal-objects.ts";

/** The objects that the permit lists refer to. */
export interface PermitObjects extends PortalObjects {
  readonly hiddenPlan: number;
  readonly otherServicePlan: number;
  /** Two features of each kind that no plan has yet. */
  readonly freeFeatures: Readonly<Record<PlanKind, readonly [number, number]>>;
  /** Has no subscription. */
  readonly otherAccount: number;
  readonly member: number;
  readonly ownField: number;
}

/** The effect that a parameter permitted by 3scale must have. */
export type Effect =
  /** The response has the value, under the parameter's name or another. */
  | { readonly shows: unknown; readonly as?: string }
  /** No response has the value, but a column of this table. */
  | { readonly stores: unknown; readonly in: string; readonly column?: string }
  /** The value is rejected at this field. */
  | { readonly refused: string }
  /** The value is accepted and ignored, for this reason. */
  | { readonly ignored: string };

export interface Permit {
  readonly name: string;
  readonly send: unknown;
  readonly effect: Effect;
  /** Other parameters that the request must contain. */
  readonly also?: object;
}

/** One row of 3scale's permit lists (section 4.5 of its description): the parameters that a controller's action reads. */
export interface PermitList {
  readonly controller: string;
  readonly title: string;
  /** The ids in the path. */
  readonly at?: (objects: PermitObjects) => readonly number[];
  /** Parameters that every request needs. `n` is unique per request. */
  readonly base?: (objects: PermitObjects, n: number) => Readonly<Record<string, unknown>>;
  readonly permits: (objects: PermitObjects) => readonly Permit[];
}

export const shows = (name: string, send: unknown, value: unknown = send): Permit => ({
  name,
  send,
  effect: { shows: value },
});
export const showsAs = (name: string, as: string, send: unknown, value: unknown = send): Permit => ({
  name,
  send,
  effect: { shows: value, as },
});
export const stores = (table: string, name: string, send: unknown, column = name, value: unknown = send): Permit => ({
  name,
  send,
  effect: { stores: value, in: table, column },
});
export const refuses = (name: string, send: unknown, field = name): Permit => ({
  name,
  send,
  effect: { refused: field },
});

export const showsBoolean = (name: string, value: boolean): Permit => shows(name, value);

/** Proves that the confirmation is read: a confirmation that differs from the password is rejected. */
export const wrongConfirmation: Permit = {
  name: "password_confirmation",
  send: "another password",
  also: { password: "a long enough password" },
  effect: { refused: "password_confirmation" },
};

export const uniquePerson = (n: number) => ({ username: `person${n}`, email: `person${n}@quay.example` });
