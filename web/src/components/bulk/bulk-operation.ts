import { ApiProblem } from "../../api/api-problem.ts";
import type { BellwireSchemas } from "../../api/bellwire-client.ts";
import type { PlanOnOffer } from "../plans/plan-change.tsx";

export type BulkOutcome = BellwireSchemas["BulkOutcome"];

/** An operation on several objects at once. */
export interface BulkOperation<Name extends string> {
  readonly operation: Name;
  /** The verb of the menu item and the button. */
  readonly title: string;
  /** The past participle for messages: "suspended". */
  readonly done: string;
  /** The consequences, shown before confirmation. */
  readonly consequence: string;
  readonly isDanger?: boolean;
  /** The plans to choose from, if the operation needs one. */
  readonly plans?: readonly PlanOnOffer[];
}

export interface Selected {
  readonly id: number;
  readonly name: string;
}

/** Singular and plural: "account", "accounts". */
export type Nouns = readonly [one: string, several: string];

export const counted = (count: number, [one, several]: Nouns): string => `${count} ${count === 1 ? one : several}`;

/** Returns "2 accounts were suspended". */
export const describeDone = (count: number, nouns: Nouns, done: string): string =>
  `${count === 0 ? `No ${nouns[0]}` : counted(count, nouns)} ${count > 1 ? "were" : "was"} ${done}`;

/** Returns the objects that could not be changed, each with its name and the reason. */
export const unchangedObjects = (outcomes: readonly BulkOutcome[], selected: readonly Selected[]) =>
  outcomes
    .filter(({ done }) => !done)
    .map((outcome) => ({
      id: outcome.id,
      name: selected.find(({ id }) => id === outcome.id)?.name ?? String(outcome.id),
      why: new ApiProblem(422, outcome).message,
    }));
