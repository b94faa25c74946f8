/** A number from 0 up to 1, of which nobody need be unable to guess the next. */
export const chance = (): number => Math.random();
