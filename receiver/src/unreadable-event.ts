/** A body that is not an event. The message has the reason. */
export class UnreadableEvent extends Error {
  override readonly name = "UnreadableEvent";
}
