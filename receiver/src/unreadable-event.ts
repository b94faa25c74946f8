/** A body that is no event. The message says where it stops making sense. */
export class UnreadableEvent extends Error {
  override readonly name = "UnreadableEvent";
}
