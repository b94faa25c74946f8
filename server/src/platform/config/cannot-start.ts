/** What keeps us from starting, in words for the operator: shown without a stack trace. */
export class CannotStart extends Error {
  override readonly name = "CannotStart";
}
