/** As many digits as the largest integer has that JavaScript holds exactly. */
const idShape = /^[1-9]\d{0,15}$/;

/** Returns the id that a text holds, or undefined if no row can have it. */
export function readId(text: string): number | undefined {
  const id = idShape.test(text) ? Number(text) : undefined;
  return id !== undefined && Number.isSafeInteger(id) ? id : undefined;
}
