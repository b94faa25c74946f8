import { type InfiniteData, type QueryClient, type QueryKey, useQueryClient } from "@tanstack/react-query";
import { use, useEffect, useState, useSyncExternalStore } from "react";
import { LiveContext, type StreamMessage } from "./live-updates.tsx";

/** A row that the stream reported, in its present state. */
interface RowChange<Row> {
  readonly row: Row;
  /** Whether the row belongs to the list. Undefined if only the server can decide. */
  readonly isMatch: boolean | undefined;
}

interface ListPage<Row> {
  readonly data: readonly Row[];
  readonly next: string | null;
}

interface RowOrder<Row> {
  readonly idOf: (row: Row) => string;
  /** Negative if the first row is listed before the second. */
  readonly compare: (one: Row, other: Row) => number;
}

/** Rows beyond this number wait until the reader loads them. A longer table would take the browser too long. */
const liveRowsMax = 200;

interface MergedPages<Page> {
  readonly pages: readonly Page[];
  /** Ids of matching rows that are newer than the list and not inserted. */
  readonly held: readonly string[];
  /** True if rows were cut off at the end of the only page, so that its cursor skips them. */
  readonly isCut: boolean;
  /** True if only the server can decide whether a reported row belongs to the list. */
  readonly isUncertain: boolean;
}

interface MergeRules<Row> {
  readonly order: RowOrder<Row>;
  /** The length of a single page. */
  readonly limit: number;
  /** True if a single page keeps its rows instead of its length. */
  readonly keepsRows: boolean;
  /** True if new rows are held already: newer ones would hide the gap. */
  readonly isHolding: boolean;
}

/**
 * Applies reported changes to the pages of a list without asking the server. Rows of all pages are replaced or removed
 * in place. New rows go to the top. A single page keeps its length, so it always has the newest rows, unless it keeps its rows.
 */
function mergeChanges<Row, Page extends ListPage<Row>>(
  pages: readonly Page[],
  changes: ReadonlyMap<string, RowChange<Row>>,
  { order, limit, keepsRows, isHolding }: MergeRules<Row>,
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

  const isOnly = later.length === 0 && !keepsRows;
  if (isHolding || (!isOnly && first.data.length + added.length > liveRowsMax)) {
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
 * Puts a freshly read first page into a list. Later pages and kept rows stay if the new rows adjoin the present ones. Otherwise rows
 * between them are missing, and the list starts over with the first page.
 */
function mergeFirstPage<Row, Page extends ListPage<Row>>(
  pages: readonly Page[],
  fresh: Page,
  { order, keepsRows }: Pick<MergeRules<Row>, "order" | "keepsRows">,
): readonly Page[] {
  const [first, ...later] = pages;
  if (!first || (later.length === 0 && !keepsRows)) return [fresh];
  const present = new Map(first.data.map((row) => [order.idOf(row), row]));
  if (!fresh.data.some((row) => present.has(order.idOf(row)))) return [fresh];
  const freshIds = new Set(fresh.data.map(order.idOf));
  const end = fresh.data.at(-1);
  // Rows above the end of the fresh page that it lacks have left the list.
  const rest = first.data.filter((row) => !freshIds.has(order.idOf(row)) && end && order.compare(row, end) > 0);
  return [{ ...first, data: [...fresh.data, ...rest] }, ...later];
}

/** Returns the changes of rows that no page contains, by id. */
function unknownRows<Row>(
  pages: readonly ListPage<Row>[],
  changes: ReadonlyMap<string, RowChange<Row>>,
  { idOf }: RowOrder<Row>,
): readonly (readonly [id: string, change: RowChange<Row>])[] {
  const known = new Set(pages.flatMap(({ data }) => data.map(idOf)));
  return [...changes].filter(([id]) => !known.has(id));
}

/** Fast enough to feel immediate after a quiet second, and cheap under a steady flow. */
const quietMs = 200;
const busyMs = 1000;
/** The interval of requests for the first page while only the server can decide which rows belong to the list. */
const checkEveryMs = 3000;
/** New rows are counted up to this number. */
export const newRowsMax = 1000;

interface LiveListOptions<Row, Page extends ListPage<Row>> {
  /** The key of the infinite query that holds the pages. */
  readonly queryKey: QueryKey;
  readonly order: RowOrder<Row>;
  /** The number of rows of a page. */
  readonly limit: number;
  /** Returns the row that a message reports, or undefined if it is of another kind. */
  readonly changeOf: (message: StreamMessage) => RowChange<Row> | undefined;
  readonly readFirstPage: () => Promise<Page>;
}

export interface LiveListState {
  readonly isPaused: boolean;
  /** The number of new rows that are not shown: while paused, or above a list of many pages. */
  readonly newCount: number;
  /** True if rows follow the only page although its cursor does not say so. */
  readonly hasCutRows: boolean;
}

const initialState: LiveListState = { isPaused: false, newCount: 0, hasCutRows: false };

/**
 * Keeps the pages of a list up to date with the stream. Reported rows are put into the pages without a request. If only
 * the server can decide whether a row belongs to the list, the first page is read alone. Later pages are never read
 * again.
 */
export class LiveList<Row, Page extends ListPage<Row>> {
  readonly #client: QueryClient;
  readonly #options: LiveListOptions<Row, Page>;
  readonly #changes = new Map<string, RowChange<Row>>();
  readonly #held = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #hasMissed = false;
  #keepsRows = false;
  #isRestarting = false;
  #state = initialState;
  #applyTimer: ReturnType<typeof setTimeout> | undefined;
  #checkTimer: ReturnType<typeof setTimeout> | undefined;
  #appliedAtMs = -Infinity;
  #checkedAtMs = -Infinity;

  constructor(client: QueryClient, options: LiveListOptions<Row, Page>) {
    this.#client = client;
    this.#options = options;
    const isPaused = this.#pages() !== undefined && client.getQueryData(this.#pauseKey()) === true;
    if (isPaused) this.#state = { ...initialState, isPaused };
    this.#hasMissed = isPaused; // while it was not shown
  }

  readonly state = (): LiveListState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  readonly onMessage = (message: StreamMessage): void => {
    if (message.kind === "missed") {
      this.#hasMissed = true;
      if (!this.#state.isPaused) void this.#restart();
      return;
    }
    const change = this.#options.changeOf(message);
    if (!change) return;
    this.#changes.set(this.#options.order.idOf(change.row), change);
    this.#applySoon();
  };

  readonly pause = (): void => this.#setState({ isPaused: true });

  /** Shows the new rows and follows the stream again. Takes one request. */
  readonly resume = (): void => {
    this.#setState({ isPaused: false });
    void this.#restart();
  };

  /** Keeps the rows that are shown, such as selected ones, until it is called with false. New rows are added above, or counted. */
  readonly keepRows = (isKept: boolean): void => {
    const isOver = this.#keepsRows && !isKept;
    this.#keepsRows = isKept;
    const isWaiting = !this.#state.isPaused && this.#held.size > 0;
    if (isOver && isWaiting && this.#pages()?.length === 1) void this.#restart();
  };

  /** Completes the only page before the page after it is read. */
  readonly beforeNextPage = async (): Promise<void> => {
    if (this.#state.hasCutRows) await this.#restart();
  };

  /** Remembers a pause as long as the rows that are paused, for a return to them. */
  readonly stop = (): void => {
    this.#client.setQueryData(this.#pauseKey(), this.#state.isPaused);
    clearTimeout(this.#applyTimer);
    clearTimeout(this.#checkTimer);
    this.#applyTimer = undefined;
    this.#checkTimer = undefined;
  };

  #applySoon(): void {
    const waitMs = Date.now() - this.#appliedAtMs < busyMs ? busyMs : quietMs;
    this.#applyTimer ??= setTimeout(() => {
      this.#applyTimer = undefined;
      this.#apply();
    }, waitMs);
  }

  #apply(): void {
    // A page that is being read would overwrite the changes.
    if (this.#isFetching() || this.#isRestarting) return this.#applySoon();
    const pages = this.#pages();
    // After an error there is no list. The next read has all changes, and keeping them could take any amount of memory.
    if (!pages) return this.#changes.clear();
    this.#appliedAtMs = Date.now();
    if (this.#state.isPaused) return this.#gather(pages);
    const merged = mergeChanges(pages, this.#changes, this.#rules());
    this.#changes.clear();
    this.#write(merged.pages);
    this.#hold(merged.held);
    if (merged.isCut) this.#setState({ hasCutRows: true });
    if (merged.isUncertain) this.#checkSoon();
  }

  /** Counts the new rows of a paused list, and keeps only the changes of its own rows, since there can be many. */
  #gather(pages: readonly Page[]): void {
    const unknown = unknownRows(pages, this.#changes, this.#options.order);
    this.#hold(unknown.filter(([, { isMatch }]) => isMatch === true).map(([id]) => id));
    if (unknown.some(([, { isMatch }]) => isMatch === undefined)) this.#checkSoon();
    for (const [id] of unknown) this.#changes.delete(id);
  }

  #checkSoon(): void {
    const waitMs = Math.max(0, this.#checkedAtMs + checkEveryMs - Date.now());
    this.#checkTimer ??= setTimeout(() => {
      this.#checkTimer = undefined;
      this.#checkedAtMs = Date.now();
      void this.#check();
    }, waitMs);
  }

  /** Reads the first page to learn which reported rows belong to the list. */
  async #check(): Promise<void> {
    const fresh = await this.#readFirstPage();
    const pages = this.#pages();
    if (!fresh || !pages || this.#isFetching()) return;
    const { order } = this.#options;
    const fetched = new Map(fresh.data.map((row) => [order.idOf(row), { row, isMatch: true }]));
    const unknown = unknownRows(pages, fetched, order).map(([id]) => id);
    const isGap = (pages.length > 1 || this.#keepsRows) && unknown.length === fresh.data.length;
    if (this.#state.isPaused || isGap) this.#hold(unknown);
    else this.#write(mergeFirstPage(pages, fresh, this.#rules()));
  }

  /**
   * Reads the first page and shows it, with the changes that were gathered for the pages after it. The page may lack rows that are reported
   * while it is read, so these wait.
   */
  async #restart(): Promise<void> {
    if (this.#hasMissed) return this.#readAgain();
    const gathered = new Map(this.#changes);
    this.#isRestarting = true;
    const fresh = await this.#readFirstPage();
    this.#isRestarting = false;
    const pages = this.#pages();
    if (!fresh || !pages) return;
    // Rows that were cut off may follow a single page, so it starts over.
    const rules = { ...this.#options, keepsRows: false, isHolding: false };
    const merged = mergeChanges(pages, gathered, rules);
    for (const [id, change] of gathered) if (this.#changes.get(id) === change) this.#changes.delete(id);
    this.#held.clear();
    this.#write(mergeFirstPage(merged.pages, fresh, rules));
    this.#setState({ newCount: 0, hasCutRows: false });
  }

  /** Reads every page, since the stream did not report all changes. */
  async #readAgain(): Promise<void> {
    this.#hasMissed = false;
    this.#changes.clear();
    this.#held.clear();
    await this.#client.invalidateQueries({ queryKey: this.#options.queryKey, exact: true });
    this.#setState({ newCount: 0, hasCutRows: false });
  }

  /** Returns undefined after an error: the next message or press tries again. */
  #readFirstPage(): Promise<Page | undefined> {
    return this.#options.readFirstPage().catch(() => undefined);
  }

  #hold(ids: readonly string[]): void {
    for (const id of ids) if (this.#held.size < newRowsMax) this.#held.add(id);
    if (this.#held.size !== this.#state.newCount) this.#setState({ newCount: this.#held.size });
  }

  #rules(): MergeRules<Row> {
    return { ...this.#options, keepsRows: this.#keepsRows, isHolding: this.#held.size > 0 };
  }

  #pauseKey(): QueryKey {
    return ["paused", ...this.#options.queryKey];
  }

  #pages(): readonly Page[] | undefined {
    return this.#client.getQueryData<InfiniteData<Page>>(this.#options.queryKey)?.pages;
  }

  #isFetching(): boolean {
    return this.#client.isFetching({ queryKey: this.#options.queryKey, exact: true }) > 0;
  }

  #write(pages: readonly Page[]): void {
    this.#client.setQueryData<InfiniteData<Page>>(
      this.#options.queryKey,
      (data) => data && { pages: [...pages], pageParams: data.pageParams.slice(0, pages.length) },
    );
  }

  #setState(changed: Partial<LiveListState>): void {
    this.#state = { ...this.#state, ...changed };
    for (const listener of this.#listeners) listener();
  }
}

/** Follows the stream for a list while its component is mounted. A component with another query needs another key. */
export function useLiveList<Row, Page extends ListPage<Row>>(options: LiveListOptions<Row, Page>) {
  const client = useQueryClient();
  const { subscribe } = use(LiveContext);
  const [list] = useState(() => new LiveList(client, options));
  useEffect(() => {
    const unsubscribe = subscribe(list.onMessage);
    return () => {
      unsubscribe();
      list.stop();
    };
  }, [subscribe, list]);
  return { list, state: useSyncExternalStore(list.subscribe, list.state) };
}
