import { writeTimestamp } from "#portal/providers/index.ts";

/** A moment for people and for their programs: `24 November 2026` and its ISO form. */
export interface WrittenDate {
  readonly text: string;
  readonly iso: string;
}

export const writeDate = (at: Date, timeZone: string): WrittenDate => ({
  text: new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone }).format(at),
  iso: writeTimestamp(at, timeZone),
});
