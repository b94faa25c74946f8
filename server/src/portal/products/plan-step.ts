/** What developers may do about a plan: move to another at once, ask the provider for it, or neither. */
export function planStepOf(permission: string, hasCreditCard: boolean): "change" | "ask" | "none" {
  switch (permission) {
    case "direct":
      return "change";
    case "request":
      return "ask";
    case "credit_card":
      return hasCreditCard ? "change" : "none";
    case "request_credit_card":
      return hasCreditCard ? "change" : "ask";
    default:
      return "none";
  }
}
