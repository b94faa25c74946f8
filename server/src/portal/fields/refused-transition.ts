import type { FieldErrors } from "./field-errors.ts";

/** The refusal of a step that does not lead on from the state that something is in. */
export const cannot = (step: string): { readonly refused: FieldErrors } => ({
  refused: { state: [`cannot transition via "${step}"`] },
});
