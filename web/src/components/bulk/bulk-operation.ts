import { ApiProblem } from "../../api/api-problem.ts";
import type { BellwireSchemas } from "../../api/bellwire-client.ts";
import type { PlanOnOffer } from "../plans/plan-change.tsx";

export type BulkOutcome = BellwireSchemas["BulkOutcome"];

/** Something that can be done with several at once. */
export interface BulkOperation<Name extends string> {
  readonly operation: Name;
  /** The verb, as the menu and the button have it. */
  readonly title: string;
  /** What was done then: "suspended". */
  readonly done: string;
  /** What comes of it. */
  readonly says: string;
  readonly isDanger?: boolean;
  /** Where one must be chosen. */
  readonly plans?: readonly PlanOnOffer[];
}

export interface Selected {
  readonly id: number;
  readonly name: string;
}

/** One and several of what is chosen from: "account", "accounts". */
export type Nouns = readonly [one: string, several: string];

export const counted = (count: number, [one, several]: Nouns): string => `${count} ${count === 1 ? one : several}`;

/** "2 accounts were suspended" */
export const sayDone = (count: number, nouns: Nouns, done: string): string =>
  `${count === 0 ? `No ${nouns[0]}` : counted(count, nouns)} ${count > 1 ? "were" : "was"} ${done}`;

/** Those with which it could not be done, by their names, each with the reason. */
export const refusedOf = (outcomes: readonly BulkOutcome[], selected: readonly Selected[]) =>
  outcomes
    .filter(({ done }) => !done)
    .map((outcome) => ({
      id: outcome.id,
      name: selected.find(({ id }) => id === outcome.id)?.name ?? String(outcome.id),
      why: new ApiProblem(422, outcome).message,
    }));
