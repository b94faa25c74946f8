import { formatCount } from "../counts.ts";
import "./charts.css";

export interface SparklinePoint {
  readonly delivered: number;
  readonly failed: number;
}

const barWidth = 6;
const gap = 2;
const above = 18;
const below = 10;

/** A small chart of the last hour: deliveries above the base line, failed attempts below. */
export function Sparkline({ points }: { points: readonly SparklinePoint[] }) {
  const max = Math.max(1, ...points.flatMap(({ delivered, failed }) => [delivered, failed]));
  // A single failure among thousands stays visible.
  const size = (count: number, room: number): number => (count === 0 ? 0 : Math.max(2, (count / max) * room));
  const width = Math.max(1, points.length * (barWidth + gap));
  return (
    <svg
      className="bellwire-sparkline"
      width={width}
      height={above + below + 1}
      role="img"
      aria-label={describePoints(points)}
    >
      {points.map(({ delivered, failed }, index) => {
        const x = index * (barWidth + gap);
        const height = size(delivered, above);
        return (
          <g key={x}>
            <rect className="bellwire-delivered" x={x} y={above - height} width={barWidth} height={height} />
            <rect className="bellwire-failed" x={x} y={above + 1} width={barWidth} height={size(failed, below)} />
          </g>
        );
      })}
      <line className="bellwire-baseline" x1="0" x2={width} y1={above + 0.5} y2={above + 0.5} />
    </svg>
  );
}

/** Returns the text alternative of a sparkline. */
export function describePoints(points: readonly SparklinePoint[]): string {
  const sum = (key: keyof SparklinePoint): number => points.reduce((total, point) => total + point[key], 0);
  const [delivered, failed] = [sum("delivered"), sum("failed")];
  if (delivered + failed === 0) return "Last hour: no attempts";
  return `Last hour: ${formatCount(delivered)} delivered, ${formatCount(failed)} failed`;
}
