export const pageLimit = 50;

/** A page of rows of which one more than `limit` was read, to know whether there is another page. */
export function cutPage<Row, Shown>(
  rows: readonly Row[],
  limit: number,
  { show, cursorOf }: { show: (row: Row) => Shown; cursorOf: (row: Row) => string },
): { data: Shown[]; next: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { data: shown.map(show), next: rows.length > limit && last !== undefined ? cursorOf(last) : null };
}
