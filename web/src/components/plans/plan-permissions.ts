/** What developers may do about the plan that they are on, by the words of the API. */
export const planPermissions = [
  { value: "direct", label: "They change it themselves" },
  { value: "request", label: "They ask for another, and you decide" },
  { value: "credit_card", label: "They change it themselves if they have a credit card, else not at all" },
  { value: "request_credit_card", label: "They change it themselves if they have a credit card, else they ask" },
  { value: "none", label: "Only you change it" },
] as const;
