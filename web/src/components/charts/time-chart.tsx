import { ToggleGroup, ToggleGroupItem } from "@patternfly/react-core";
import ChartAreaIcon from "@patternfly/react-icons/dist/esm/icons/chart-area-icon";
import TableIcon from "@patternfly/react-icons/dist/esm/icons/table-icon";
import { area, curveMonotoneX, curveStepAfter, line, stack } from "d3-shape";
import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  type RefCallback,
  Suspense,
  useCallback,
  useId,
  useMemo,
  useState,
} from "react";
import { useSession } from "../../api/session.tsx";
import { lazyPart } from "../loaded.tsx";
import { type ValueAxis, pointFormat, tickFormat, timeTicks, valueAxis, zoneOfPoints } from "./axes.ts";
import "./charts.css";

const ChartTable = lazyPart<TimeChartProps>(
  async () => (await import("./chart-table.tsx")).ChartTable,
  () => <p>The table could not be loaded. Reload the page.</p>,
);

export interface ChartPoint {
  readonly at: Date;
  /** By the key of the series. Null where nothing was measured. */
  readonly values: Readonly<Record<string, number | null>>;
}

export interface ChartSeries {
  readonly key: string;
  readonly label: string;
  /** The colour and pattern of the series, a class of `charts.css`. */
  readonly look: string;
  /** The series' figure for the whole span, with its link. */
  readonly total?: ReactNode;
}

export interface TimeChartProps {
  /** Names the chart, and its table. */
  readonly title: string;
  readonly points: readonly ChartPoint[];
  readonly intervalMs: number;
  /** From the bottom to the top of a stack. */
  readonly series: readonly ChartSeries[];
  /** Counts are stacked. Lines show values that cannot be added. */
  readonly kind: "stack" | "lines";
  readonly format: (value: number) => string;
  /** The least value at the top of the axis. */
  readonly leastMax?: number;
  /** Opens the list of the point, when its place in the chart is clicked or Enter is pressed. */
  readonly onOpen?: (point: ChartPoint) => void;
}

/** Shows values over time as a chart, or as a table with the same figures. */
export function TimeChart(props: TimeChartProps) {
  const { title, series, kind } = props;
  const [view, setView] = useState<"chart" | "table">("chart");
  return (
    <>
      <div className="bellwire-chart-head">
        <ul className="bellwire-chart-legend">
          {series.map(({ key, label, look, total }) => (
            <li key={key}>
              <span className={`bellwire-swatch bellwire-of-${kind} ${look}`} aria-hidden />
              {label} {total}
            </li>
          ))}
        </ul>
        <ToggleGroup isCompact aria-label={`View of ${title}`}>
          <ToggleGroupItem
            icon={<ChartAreaIcon />}
            aria-label={`${title} as a chart`}
            isSelected={view === "chart"}
            onChange={() => setView("chart")}
          />
          <ToggleGroupItem
            icon={<TableIcon />}
            aria-label={`${title} as a table`}
            isSelected={view === "table"}
            onChange={() => setView("table")}
          />
        </ToggleGroup>
      </div>
      {view === "chart" ? (
        <Plot {...props} />
      ) : (
        <Suspense fallback={<div className="bellwire-plot" />}>
          <ChartTable {...props} />
        </Suspense>
      )}
    </>
  );
}

const height = 200;
const margin = { top: 8, right: 8, bottom: 24, left: 48 };
const plotHeight = height - margin.top - margin.bottom;
const labelWidth = 72;

interface PlotLayout {
  readonly width: number;
  readonly slotWidth: number;
  readonly axis: ValueAxis;
  readonly x: (index: number) => number;
  readonly y: (value: number) => number;
}

function layOut({ points, series, kind, leastMax = 1 }: TimeChartProps, width: number): PlotLayout {
  const tops = points.map(({ values }) => {
    const heights = series.map(({ key }) => values[key] ?? 0);
    return kind === "stack" ? heights.reduce((sum, value) => sum + value, 0) : Math.max(0, ...heights);
  });
  const axis = valueAxis(tops, leastMax, kind === "stack");
  const slotWidth = Math.max(0, width - margin.left - margin.right) / Math.max(1, points.length);
  return {
    width,
    slotWidth,
    axis,
    x: (index) => margin.left + index * slotWidth,
    y: (value) => margin.top + plotHeight * (1 - value / axis.max),
  };
}

function Plot(props: TimeChartProps) {
  const { title, points, intervalMs, series, format, onOpen } = props;
  const { timeZone } = useSession();
  const [element, width] = useWidth();
  const [chosen, setChosen] = useState<number>();
  const layout = useMemo(() => layOut(props, width), [props, width]);
  const last = Math.max(0, points.length - 1);
  const present = chosen === undefined ? undefined : Math.min(chosen, last);
  const point = present === undefined ? undefined : points[present];
  const nameOf = pointFormat(intervalMs, timeZone);

  const choose = ({ clientX, currentTarget }: PointerEvent<HTMLElement>): void => {
    const offset = clientX - currentTarget.getBoundingClientRect().left - margin.left;
    setChosen(clamp(Math.floor(offset / layout.slotWidth), points.length));
  };
  const open = (): void => {
    if (point) onOpen?.(point);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Enter") return open();
    const next = keyTarget(event.key, present ?? points.length, points.length);
    if (next === undefined) return undefined;
    event.preventDefault();
    return setChosen(next);
  };
  const describe = ({ at, values }: ChartPoint): string =>
    `${nameOf(at)}: ${series.map(({ key, label }) => `${label} ${show(values[key], format)}`).join(", ")}`;

  return (
    <div
      ref={element}
      className={`bellwire-plot${onOpen && point ? " bellwire-openable" : ""}`}
      // A slider lets screen readers walk through the points with the arrow keys.
      role="slider"
      tabIndex={0}
      aria-label={`${title}${onOpen ? ". Enter opens the list." : ""}`}
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={present ?? last}
      aria-valuetext={point ? describe(point) : "Use the arrow keys to read the points"}
      onPointerMove={choose}
      onPointerLeave={() => setChosen(undefined)}
      onBlur={() => setChosen(undefined)}
      onClick={open}
      onKeyDown={onKey}
    >
      {width > 0 && <Drawing {...props} layout={layout} present={present} />}
      {point && present !== undefined && (
        <Tip {...props} point={point} name={nameOf(point.at)} x={layout.x(present)} isLeft={present > last / 2} />
      )}
    </div>
  );
}

interface DrawingProps extends TimeChartProps {
  readonly layout: PlotLayout;
  readonly present: number | undefined;
}

function Drawing({ points, intervalMs, series, kind, format, layout, present }: DrawingProps) {
  const timeZone = zoneOfPoints(intervalMs, useSession().timeZone);
  const id = useId();
  const { width, slotWidth, axis, x, y } = layout;
  const times = points.map(({ at }) => at);
  const onTick = tickFormat(points.length * intervalMs, timeZone);
  return (
    <svg width={width} height={height} aria-hidden>
      <Patterns id={id} />
      {axis.ticks.map((value) => (
        <g key={value} className="bellwire-axis">
          <line x1={margin.left} x2={width - margin.right} y1={y(value)} y2={y(value)} />
          <text x={margin.left - 8} y={y(value)} dy="0.32em" textAnchor="end">
            {format(value)}
          </text>
        </g>
      ))}
      {timeTicks(times, Math.floor(width / labelWidth), timeZone).map((index) => (
        <text key={index} className="bellwire-axis" x={x(index)} y={height - 6} textAnchor="middle">
          {onTick(times[index] ?? new Date(0))}
        </text>
      ))}
      <Shapes kind={kind} points={points} series={series} layout={layout} patterns={id} />
      {present !== undefined && (
        <rect
          className="bellwire-chosen"
          x={x(present)}
          y={margin.top}
          width={Math.max(1, slotWidth)}
          height={plotHeight}
        />
      )}
    </svg>
  );
}

interface TipProps extends Pick<TimeChartProps, "series" | "kind" | "format"> {
  readonly point: ChartPoint;
  readonly name: string;
  readonly x: number;
  /** Shown to the left of the point, in the right half of a chart. */
  readonly isLeft: boolean;
}

/** The values of a point, beside it. */
const Tip = ({ series, kind, format, point, name, x, isLeft }: TipProps) => (
  <div className={`bellwire-tip${isLeft ? " bellwire-tip-left" : ""}`} style={{ left: x }} aria-hidden>
    <strong>{name}</strong>
    {series.map(({ key, label, look }) => (
      <span key={key}>
        <span className={`bellwire-swatch bellwire-of-${kind} ${look}`} />
        {label} <b>{show(point.values[key], format)}</b>
      </span>
    ))}
  </div>
);

const show = (value: number | null | undefined, format: (value: number) => string): string =>
  value === null || value === undefined ? "–" : format(value);

const clamp = (index: number, length: number): number => Math.min(Math.max(index, 0), length - 1);

/** Returns the point that a key leads to. */
function keyTarget(key: string, from: number, length: number): number | undefined {
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return clamp(from - 1, length);
    case "ArrowRight":
    case "ArrowUp":
      return clamp(from + 1, length);
    case "Home":
      return 0;
    case "End":
      return length - 1;
    default:
      return undefined;
  }
}

interface ShapesProps extends Pick<TimeChartProps, "kind" | "points" | "series"> {
  readonly layout: PlotLayout;
  /** The id that the patterns' ids begin with. */
  readonly patterns: string;
}

/** Returns the points of a series without neighbours, which no line leads to. */
export function lonePoints(points: readonly ChartPoint[], key: string): readonly { index: number; value: number }[] {
  const valueAt = (index: number) => points[index]?.values[key] ?? undefined;
  return points.flatMap((_, index) => {
    const value = valueAt(index);
    const isLone = valueAt(index - 1) === undefined && valueAt(index + 1) === undefined;
    return value !== undefined && isLone ? [{ index, value }] : [];
  });
}

const dotRadius = 3.5;

/** Large enough to see: the first hour of a chart is one point. */
const dotAt = (x: number, y: number): string =>
  `M${x - dotRadius} ${y}a${dotRadius} ${dotRadius} 0 1 0 ${2 * dotRadius} 0a${dotRadius} ${dotRadius} 0 1 0 ${-2 * dotRadius} 0`;

/** One path for each series, so a chart of many points stays cheap. */
function Shapes({ kind, points, series, layout: { x, y, slotWidth }, patterns }: ShapesProps) {
  if (kind === "lines") {
    return series.map(({ key, look }) => {
      const path = line<ChartPoint>()
        .defined(({ values }) => typeof values[key] === "number")
        .x((_, index) => x(index) + slotWidth / 2)
        .y(({ values }) => y(values[key] ?? 0))
        .curve(curveMonotoneX);
      const dots = lonePoints(points, key).map(({ index, value }) => dotAt(x(index) + slotWidth / 2, y(value)));
      return (
        <g key={key} className={look}>
          <path className={`bellwire-line ${look}`} d={path([...points]) ?? ""} />
          <path className="bellwire-lone" d={dots.join("")} />
        </g>
      );
    });
  }
  const layers = stack<ChartPoint>()
    .keys(series.map(({ key }) => key))
    .value(({ values }, key) => values[key] ?? 0)([...points]);
  return layers.map((layer, index) => {
    const look = series[index]?.look ?? "";
    // The last point is repeated, because a step is drawn up to the next point.
    const steps = [...layer, ...layer.slice(-1)];
    const path = area<(typeof steps)[number]>()
      .x((_, step) => x(step))
      .y0(([from]) => y(from))
      .y1(([, to]) => y(to))
      .curve(curveStepAfter);
    const d = path(steps) ?? "";
    return (
      <g key={look}>
        <path className={`bellwire-area ${look}`} d={d} />
        <path className="bellwire-pattern" d={d} fill={`url(#${patterns}-${look})`} />
      </g>
    );
  });
}

/** The strokes on top of failed attempts' colours, so that no difference is of colour alone. */
const patternStrokes = {
  "bellwire-4xx": "M0 6L6 0",
  "bellwire-5xx": "M0 0L6 6",
  "bellwire-timeout": "M3 0V6",
  "bellwire-connection": "M0 3H6",
  "bellwire-tls": "M3 0V6M0 3H6",
  "bellwire-forbidden": "M0 0L6 6M0 6L6 0",
} as const;

const Patterns = ({ id }: { id: string }) => (
  <defs>
    {Object.entries(patternStrokes).map(([look, d]) => (
      <pattern key={look} id={`${id}-${look}`} width="6" height="6" patternUnits="userSpaceOnUse">
        <path d={d} className="bellwire-pattern-stroke" />
      </pattern>
    ))}
  </defs>
);

/** Measures the width of an element in pixels: 0 until it is laid out. Text in a chart keeps its size at every width. */
function useWidth(): readonly [ref: RefCallback<HTMLElement>, width: number] {
  const [width, setWidth] = useState(0);
  const ref = useCallback((element: HTMLElement | null) => {
    if (!element) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}
