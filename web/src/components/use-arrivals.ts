import { useState } from "react";

interface Identified {
  readonly id: string;
}

/** A class name for rows that came while the table was on the screen, newer than all that it showed first. */
export function useArrivals(rows: readonly Identified[]): (row: Identified) => string {
  const [newestFirstShown] = useState(rows[0]?.id ?? "");
  // Ids are UUIDv7: in the order of time. What "Load more" brings is older, and no news.
  return ({ id }) => (id > newestFirstShown ? "bellwire-new" : "");
}
