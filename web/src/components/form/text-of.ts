/** A value of the API as a field shows it; what it does not have is an empty text. */
export const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";
