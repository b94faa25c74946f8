import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Outcome } from "../../api/statistics.ts";
import type { TimeRange, TimeSpan } from "./time-span.ts";

/** The deliveries behind a figure. */
export interface FigureFilter {
  readonly state?: "pending" | "delivered" | "failed";
  readonly outcome?: Outcome;
  readonly endpointId?: number | undefined;
  /** The span until now, or a range of times. */
  readonly span?: TimeSpan;
  readonly range?: TimeRange;
  readonly latencyMin?: number;
}

/** Returns the filter of the Deliveries page for a figure, as in its address. */
export const deliverySearch = ({ state, outcome, endpointId, span, range, latencyMin }: FigureFilter) => ({
  ...(state && { state }),
  ...(outcome && (outcome === "2xx" ? deliveredState : { error_class: outcome })),
  ...(endpointId !== undefined && { endpoint_id: endpointId }),
  ...(span && { since: `-${span.name}` }),
  ...(range && { since: range.since.toISOString(), until: range.until.toISOString() }),
  ...(latencyMin !== undefined && { latency_min: latencyMin }),
});

/** Returns a latency that attempts of a percentile have at least: the percentile is up to 9.1 % off. */
export const latencyFrom = (percentileMs: number): number => Math.floor(percentileMs * 0.9);

const deliveredState = { state: "delivered" } as const;

export interface FigureLinkProps {
  readonly filter: FigureFilter;
  /** Says to screen readers what the figure counts. */
  readonly of?: string;
  readonly children: ReactNode;
}

/** A figure that leads to the deliveries behind it. */
export const FigureLink = ({ filter, of, children }: FigureLinkProps) => (
  <Link to="/deliveries" search={deliverySearch(filter)} className="bellwire-figure-link">
    {children}
    {of !== undefined && <span className="pf-v6-screen-reader"> {of}</span>}
  </Link>
);
