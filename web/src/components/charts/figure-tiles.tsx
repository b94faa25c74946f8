import { Card, CardBody, Skeleton } from "@patternfly/react-core";
import ArrowDownIcon from "@patternfly/react-icons/dist/esm/icons/arrow-down-icon";
import ArrowUpIcon from "@patternfly/react-icons/dist/esm/icons/arrow-up-icon";
import { formatCount } from "../counts.ts";
import type { Figures } from "../../api/statistics.ts";
import { type PartQuery, hasFailed } from "../loaded.tsx";
import { formatDuration, formatRate, formatShortCount } from "./axes.ts";
import "./charts.css";
import { type FigureFilter, FigureLink, latencyFrom } from "./list-links.tsx";
import type { TimeSpan } from "./time-span.ts";

export interface Backlog {
  readonly waiting: number;
  readonly oldestSeconds: number | null;
}

export interface FigureTilesProps {
  readonly figures: Omit<PartQuery<Figures>, "refetch">;
  readonly backlog: Omit<PartQuery<Backlog>, "refetch">;
  readonly span: TimeSpan;
  /** The deliveries that the figures count. */
  readonly filter: FigureFilter;
}

/** The figures of a span at a glance, each with its change since the span before and a link to its deliveries. */
export function FigureTiles({ figures: query, backlog: waiting, span, filter }: FigureTilesProps) {
  const { data: figures } = query;
  const { data: backlog } = waiting;
  const { delivered, failures, success_rate, latency_p95, delay_p95 } = figures?.present.series[0]?.total ?? {};
  const before = figures?.before;
  return (
    <div className="bellwire-tiles">
      <Tile
        title="Delivered"
        query={query}
        figure={count(delivered)}
        filter={{ ...filter, state: "delivered" }}
        change={relativeChange(delivered, before?.delivered, "neutral")}
        span={span}
      />
      <Tile
        title="Failed"
        query={query}
        isLoud={(failures ?? 0) > 0}
        figure={count(failures)}
        filter={{ ...filter, state: "failed" }}
        change={relativeChange(failures, before?.failures, "bad")}
        span={span}
      />
      <Tile
        title="Success rate"
        query={query}
        isLoud={typeof success_rate === "number" && success_rate < lowRate}
        figure={isNumber(success_rate) ? formatRate(success_rate) : "–"}
        filter={filter}
        change={pointsChange(success_rate, before?.success_rate)}
        span={span}
      />
      <Tile
        title="Response time, p95"
        query={query}
        figure={duration(latency_p95)}
        filter={{ ...filter, ...(isNumber(latency_p95) && { latencyMin: latencyFrom(latency_p95) }) }}
        change={relativeChange(latency_p95, before?.latency_p95, "bad")}
        span={span}
      />
      <Tile
        title="Event to delivery, p95"
        query={query}
        figure={duration(delay_p95)}
        filter={{ ...filter, state: "delivered" }}
        change={relativeChange(delay_p95, before?.delay_p95, "bad")}
        span={span}
      />
      <Tile
        title="Waiting now"
        query={waiting}
        isLoud={(backlog?.oldestSeconds ?? 0) > lateSeconds}
        figure={count(backlog?.waiting)}
        filter={{ endpointId: filter.endpointId, state: "pending" }}
        note={isNumber(backlog?.oldestSeconds) ? `oldest ${duration(backlog.oldestSeconds * 1000)}` : "nothing waits"}
        span={span}
      />
    </div>
  );
}

const isNumber = (value: number | null | undefined): value is number => typeof value === "number";
const count = (value: number | null | undefined): string => formatShortCount(value ?? 0);
const duration = (ms: number | null | undefined): string => (isNumber(ms) ? formatDuration(ms) : "–");

/** Below this rate, an endpoint counts as degraded, too. */
const lowRate = 0.95;
/** From this age on, the oldest waiting delivery is worth a look. */
const lateSeconds = 300;

interface TileProps {
  readonly title: string;
  readonly figure: string;
  readonly filter: FigureFilter;
  readonly query: Omit<PartQuery<unknown>, "refetch">;
  /** Draws attention to the figure. */
  readonly isLoud?: boolean;
  readonly change?: Change;
  /** Shown in place of a change. */
  readonly note?: string;
  readonly span: TimeSpan;
}

const Tile = ({ title, figure, filter, query, isLoud = false, change, note, span }: TileProps) => (
  <Card isCompact className={isLoud ? "bellwire-loud" : ""}>
    <CardBody>
      <h2 className="bellwire-subtle">{title}</h2>
      {hasFailed(query) && <p className="bellwire-subtle">Could not be loaded</p>}
      {query.data === undefined && !hasFailed(query) && (
        <Skeleton width="4rem" height="4rem" screenreaderText={`Loading ${title}`} />
      )}
      {query.data !== undefined && (
        <>
          <p className="bellwire-figure">
            <FigureLink filter={filter} of={title}>
              {figure}
            </FigureLink>
          </p>
          <p className="bellwire-subtle">{change ? <ChangeText change={change} span={span} /> : note}</p>
        </>
      )}
    </CardBody>
  </Card>
);

type Meaning = "good" | "bad" | "neutral";

export interface Change {
  /** "12 %", or undefined if there is nothing to compare with. */
  readonly text: string | undefined;
  readonly direction: "up" | "down" | "same";
  readonly meaning: Meaning;
}

type Value = number | null | undefined;

const noChange: Change = { text: undefined, direction: "same", meaning: "neutral" };

/** Compares two counts or durations. `rising` says what it means if the value rises. */
export function relativeChange(present: Value, before: Value, rising: Meaning): Change {
  if (typeof present !== "number" || typeof before !== "number" || before === 0) return noChange;
  const percent = Math.round((present / before - 1) * 100);
  const text =
    percent >= 1000 ? `${formatCount(Math.round(present / before))} times` : `${formatCount(Math.abs(percent))} %`;
  return changeOf(percent, text, rising);
}

/** Compares two rates, in percentage points. A rise is good. */
export function pointsChange(present: Value, before: Value): Change {
  if (typeof present !== "number" || typeof before !== "number") return noChange;
  const points = Math.round((present - before) * 1000) / 10;
  return changeOf(points, Math.abs(points) === 1 ? "1 point" : `${Math.abs(points)} points`, "good");
}

function changeOf(size: number, text: string, rising: Meaning): Change {
  if (size === 0) return { text: "unchanged", direction: "same", meaning: "neutral" };
  return { text, direction: size > 0 ? "up" : "down", meaning: size > 0 ? rising : opposite[rising] };
}

const opposite = { good: "bad", bad: "good", neutral: "neutral" } as const;

function ChangeText({ change: { text, direction, meaning }, span }: { change: Change; span: TimeSpan }) {
  if (text === undefined) return "no earlier data";
  if (direction === "same") return <span title={`As in the ${span.long} before`}>unchanged</span>;
  const comparison = `${direction === "up" ? "more" : "less"} than in the ${span.long} before`;
  return (
    <span className={`bellwire-change-${meaning}`} title={`${text} ${comparison}`}>
      {direction === "up" ? <ArrowUpIcon /> : <ArrowDownIcon />} {text}
      <span className="pf-v6-screen-reader"> {comparison}</span>
    </span>
  );
}
