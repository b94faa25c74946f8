/** When things of a documentation happened: always the same, so that it changes with the code alone. */
export const exampleTime = new Date("2026-03-01T09:00:00Z");
export const laterExampleTime = new Date("2026-03-02T10:30:00Z");
/** When things of a documentation end. */
export const exampleExpiry = new Date("2030-01-01T12:00:00Z");
