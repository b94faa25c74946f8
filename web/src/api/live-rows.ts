/** A row that the stream reported, in its present state. */
export interface RowChange<Row> {
  readonly row: Row;
  /** Whether the row belongs to the list. Undefined if only the server can decide. */
  readonly isMatch: boolean | undefined;
}

export interface ListPage<Row> {
  readonly data: readonly Row[];
  readonly next: string | null;
}

export interface RowOrder<Row> {
  readonly idOf: (row: Row) => string;
  /** Negative if the first row is listed before the second. */
  readonly compare: (one: Row, other: Row) => number;
}

/** Rows beyond this number wait until the reader asks for them. A longer table would take the browser too long. */
const liveRowsMax = 200;

export interface MergedPages<Page> {
  readonly pages: readonly Page[];
  /** Ids of matching rows that are newer than the list and not inserted. */
  readonly held: readonly string[];
  /** True if rows were cut off at the end of the only page, so that its cursor skips them. */
  readonly isCut: boolean;
  /** True if only the server can decide whether a reported row belongs to the list. */
  readonly isUncertain: boolean;
}

/**
 * Applies reported changes to the pages of a list without asking the server. Rows of all pages are replaced or removed
 * in place. New rows go to the top. A single page keeps its length, so it always has the newest rows.
 */
export function mergeChanges<Row, Page extends ListPage<Row>>(
  pages: readonly Page[],
  changes: ReadonlyMap<string, RowChange<Row>>,
  order: RowOrder<Row>,
  limit: number,
): MergedPages<Page> {
  const patched = pages.map((page) => patchPage(page, changes, order));
  const unknown = unknownRows(pages, changes, order).map(([, change]) => change);
  const isUncertain = unknown.some(({ isMatch }) => isMatch === undefined);
  const [first, ...later] = patched;
  // A row older than the first page belongs to a later page, or to none that is loaded.
  const isAbove = (row: Row): boolean => {
    const last = first?.data.at(-1);
    return last === undefined || first?.next === null || order.compare(row, last) < 0;
  };
  const added = unknown.filter(({ row, isMatch }) => isMatch === true && isAbove(row)).map(({ row }) => row);
  if (!first || added.length === 0) return { pages: patched, held: [], isCut: false, isUncertain };

  const isOnly = later.length === 0;
  if (!isOnly && first.data.length + added.length > liveRowsMax) {
    return { pages: patched, held: added.map(order.idOf), isCut: false, isUncertain };
  }
  const data = [...first.data, ...added].toSorted(order.compare);
  const isCut = isOnly && data.length > limit;
  const merged = { ...first, data: isCut ? data.slice(0, limit) : data };
  return { pages: [merged, ...later], held: [], isCut, isUncertain };
}

/** Returns the same page if nothing of it changed, so that its rows are not rendered again. */
function patchPage<Row, Page extends ListPage<Row>>(
  page: Page,
  changes: ReadonlyMap<string, RowChange<Row>>,
  { idOf }: RowOrder<Row>,
): Page {
  if (!page.data.some((row) => changes.has(idOf(row)))) return page;
  const data = page.data.flatMap((row) => {
    const change = changes.get(idOf(row));
    if (!change) return [row];
    return change.isMatch === false ? [] : [change.row];
  });
  return { ...page, data };
}

/**
 * Puts a freshly read first page into a list. Later pages stay if the new rows adjoin the present ones. Otherwise rows
 * between them are missing, and the list starts over with the first page.
 */
export function mergeFirstPage<Row, Page extends ListPage<Row>>(
  pages: readonly Page[],
  fresh: Page,
  order: RowOrder<Row>,
): readonly Page[] {
  const [first, ...later] = pages;
  if (!first || later.length === 0) return [fresh];
  const present = new Map(first.data.map((row) => [order.idOf(row), row]));
  if (!fresh.data.some((row) => present.has(order.idOf(row)))) return [fresh];
  const freshIds = new Set(fresh.data.map(order.idOf));
  const end = fresh.data.at(-1);
  // Rows above the end of the fresh page that it lacks have left the list.
  const rest = first.data.filter((row) => !freshIds.has(order.idOf(row)) && end && order.compare(row, end) > 0);
  return [{ ...first, data: [...fresh.data, ...rest] }, ...later];
}

/** Returns the changes of rows that no page contains, by id. */
export function unknownRows<Row>(
  pages: readonly ListPage<Row>[],
  changes: ReadonlyMap<string, RowChange<Row>>,
  { idOf }: RowOrder<Row>,
): readonly (readonly [id: string, change: RowChange<Row>])[] {
  const known = new Set(pages.flatMap(({ data }) => data.map(idOf)));
  return [...changes].filter(([id]) => !known.has(id));
}
