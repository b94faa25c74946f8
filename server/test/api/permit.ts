import type { Made } from "./made-things.ts";

/** Besides what a sign-up makes. */
export interface World extends Made {
  readonly servicePlan: number;
  /** An application plan that is hidden, as new ones are. */
  readonly hiddenPlan: number;
  /** A colleague who is no admin. */
  readonly member: number;
  readonly ownField: number;
}

/** What a name that 3scale permits must do here. */
export type Effect =
  /** The answer has it, under its own name or another. */
  | { readonly shows: unknown; readonly as?: string }
  /** No answer has it; the row of this table has, in the column. */
  | { readonly stores: unknown; readonly in: string; readonly column?: string }
  /** It is refused, at this field. */
  | { readonly refused: string }
  /** It is accepted and nothing is kept of it, for this reason. */
  | { readonly ignored: string };

export interface Permit {
  readonly name: string;
  readonly send: unknown;
  readonly effect: Effect;
  /** What must be sent with it. */
  readonly also?: object;
}

/** One row of 3scale's permit lists (section 4.5 of its description): the parameters that a controller's action reads. */
export interface PermitList {
  readonly controller: string;
  /** The title of our operation. */
  readonly title: string;
  /** Ids in the path. */
  readonly at?: (made: World) => readonly number[];
  /** What each request needs besides the name in question. `n` differs each time. */
  readonly base?: (made: World, n: number) => Readonly<Record<string, unknown>>;
  readonly permits: (made: World) => readonly Permit[];
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

export const truth = (name: string, value: boolean): Permit => shows(name, value);

/** That a password is confirmed is seen by one that is not. */
export const wrongConfirmation: Permit = {
  name: "password_confirmation",
  send: "another password",
  also: { password: "a long enough password" },
  effect: { refused: "password_confirmation" },
};

export const personOf = (n: number) => ({ username: `person${n}`, email: `person${n}@quay.example` });
