import { type InfiniteData, type QueryClient, type QueryKey, useQueryClient } from "@tanstack/react-query";
import { use, useEffect, useState, useSyncExternalStore } from "react";
import {
  type ListPage,
  type RowChange,
  type RowOrder,
  mergeChanges,
  mergeFirstPage,
  unknownRows,
} from "./live-rows.ts";
import { LiveContext, type StreamMessage } from "./live-updates.tsx";

/** Fast enough to feel immediate after a quiet second, and cheap under a steady flow. */
const quietMs = 200;
const busyMs = 1000;
/** The interval of requests for the first page while only the server can decide which rows belong to the list. */
const askEveryMs = 3000;
/** New rows are counted up to this number. */
export const newRowsMax = 1000;

export interface LiveListOptions<Row, Page extends ListPage<Row>> {
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
  #state = initialState;
  #applyTimer: ReturnType<typeof setTimeout> | undefined;
  #askTimer: ReturnType<typeof setTimeout> | undefined;
  #appliedAtMs = -Infinity;
  #askedAtMs = -Infinity;

  constructor(client: QueryClient, options: LiveListOptions<Row, Page>) {
    this.#client = client;
    this.#options = options;
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

  /** Completes the only page before the page after it is read. */
  readonly beforeNextPage = async (): Promise<void> => {
    if (this.#state.hasCutRows) await this.#restart();
  };

  readonly stop = (): void => {
    clearTimeout(this.#applyTimer);
    clearTimeout(this.#askTimer);
    this.#applyTimer = undefined;
    this.#askTimer = undefined;
  };

  #applySoon(): void {
    const waitMs = Date.now() - this.#appliedAtMs < busyMs ? busyMs : quietMs;
    this.#applyTimer ??= setTimeout(() => {
      this.#applyTimer = undefined;
      this.#apply();
    }, waitMs);
  }

  #apply(): void {
    const pages = this.#pages();
    // A page that is being read would overwrite the changes.
    if (!pages || this.#isFetching()) return this.#applySoon();
    this.#appliedAtMs = Date.now();
    const { order, limit } = this.#options;
    if (this.#state.isPaused) return this.#gather(pages);
    const merged = mergeChanges(pages, this.#changes, order, limit);
    this.#changes.clear();
    this.#write(merged.pages);
    this.#hold(merged.held);
    if (merged.isCut) this.#setState({ hasCutRows: true });
    if (merged.isUncertain) this.#askSoon();
  }

  /** Counts the new rows of a paused list, and keeps only the changes of its own rows, since there can be many. */
  #gather(pages: readonly Page[]): void {
    const unknown = unknownRows(pages, this.#changes, this.#options.order);
    this.#hold(unknown.filter(([, { isMatch }]) => isMatch === true).map(([id]) => id));
    if (unknown.some(([, { isMatch }]) => isMatch === undefined)) this.#askSoon();
    for (const [id] of unknown) this.#changes.delete(id);
  }

  #askSoon(): void {
    const waitMs = Math.max(0, this.#askedAtMs + askEveryMs - Date.now());
    this.#askTimer ??= setTimeout(() => {
      this.#askTimer = undefined;
      this.#askedAtMs = Date.now();
      void this.#ask();
    }, waitMs);
  }

  /** Reads the first page to learn which reported rows belong to the list. */
  async #ask(): Promise<void> {
    const fresh = await this.#readFirstPage();
    const pages = this.#pages();
    if (!fresh || !pages || this.#isFetching()) return;
    const { order } = this.#options;
    const fetched = new Map(fresh.data.map((row) => [order.idOf(row), { row, isMatch: true }]));
    const unknown = unknownRows(pages, fetched, order).map(([id]) => id);
    const isGap = pages.length > 1 && unknown.length === fresh.data.length;
    if (this.#state.isPaused || isGap) this.#hold(unknown);
    else this.#write(mergeFirstPage(pages, fresh, order));
  }

  /** Reads the first page and shows it, with the changes that were gathered for the pages after it. */
  async #restart(): Promise<void> {
    if (this.#hasMissed) return this.#readAgain();
    const fresh = await this.#readFirstPage();
    const pages = this.#pages();
    if (!fresh || !pages) return;
    const { order, limit } = this.#options;
    const merged = mergeChanges(pages, this.#changes, order, limit);
    this.#changes.clear();
    this.#held.clear();
    this.#write(mergeFirstPage(merged.pages, fresh, order));
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
