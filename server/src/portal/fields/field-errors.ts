/** What is wrong with an input, by the name of the field that it stands beside. */
export type FieldErrors = Readonly<Record<string, readonly string[]>>;

/** All that is wrong in one; a field with nothing wrong is left out. */
export function mergeErrors(...parts: readonly FieldErrors[]): FieldErrors {
  const merged = new Map<string, readonly string[]>();
  for (const [name, messages] of parts.flatMap((part) => Object.entries(part))) {
    if (messages.length > 0) merged.set(name, [...(merged.get(name) ?? []), ...messages]);
  }
  return Object.fromEntries(merged);
}

export const isFine = (errors: FieldErrors): boolean => Object.keys(errors).length === 0;

/** What is wrong with a value that has to differ from all others. */
export const takenIf = (isTaken: boolean | undefined): readonly string[] => (isTaken ? ["has already been taken"] : []);
