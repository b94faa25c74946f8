import type { CSSProperties } from "react";
import type { Attempt } from "../../api/deliveries.ts";
import { describeLatency } from "../../components/time.tsx";

type Phases = NonNullable<Attempt["phases"]>;

const phaseNames = {
  queued: "Queued",
  dns: "DNS",
  connect: "Connect",
  tls: "TLS",
  first_byte: "First byte",
  body: "Body",
} as const satisfies Record<keyof Phases, string>;

export interface PhaseRow {
  readonly phase: keyof Phases;
  readonly name: string;
  /** Null: the phase did not take place. */
  readonly ms: number | null;
  /** Start and length as parts of the whole, from 0 to 1. */
  readonly from: number;
  readonly part: number;
  /** The attempt got no response and ended here. */
  readonly isLast: boolean;
  /** A later phase took place. */
  readonly isPassed: boolean;
}

/** Returns the phases in their order, with their places on a common time line. */
function phaseRows(phases: Phases, hasResponse: boolean): readonly PhaseRow[] {
  const names: readonly (keyof Phases)[] = ["queued", "dns", "connect", "tls", "first_byte", "body"];
  const total = totalOf(phases) || 1;
  const last = names.findLastIndex((phase) => phases[phase] !== null);
  let at = 0;
  return names.map((phase, index) => {
    const ms = phases[phase];
    const from = at / total;
    at += ms ?? 0;
    const place = { from, part: (ms ?? 0) / total };
    return {
      phase,
      name: phaseNames[phase],
      ms,
      ...place,
      isLast: !hasResponse && index === last,
      isPassed: index < last,
    };
  });
}

/** Returns the latency with the precision of the phases. */
export const totalOf = (phases: Phases): number =>
  Object.values(phases).reduce<number>((sum, ms) => sum + (ms ?? 0), 0);

/** Returns "0.41 ms", "3.2 ms", "840 ms", "1.2 s". */
export function describePhase(ms: number): string {
  if (ms >= 10) return describeLatency(ms);
  return `${ms.toLocaleString("en", { maximumFractionDigits: ms < 1 ? 2 : 1 })} ms`;
}

export interface WaterfallProps {
  readonly attempt: Attempt;
  readonly phases: Phases;
}

/** Shows the phases of an attempt on a time line. Each has its own row, name and duration, so colour says nothing more. */
export function Waterfall({ attempt, phases }: WaterfallProps) {
  return (
    <table className="bellwire-waterfall">
      <caption className="pf-v6-screen-reader">{`Phases of attempt ${attempt.number}`}</caption>
      <thead className="pf-v6-screen-reader">
        <tr>
          <th scope="col">Phase</th>
          <th scope="col">Time line</th>
          <th scope="col">Duration</th>
        </tr>
      </thead>
      <tbody>
        {phaseRows(phases, attempt.status !== null).map((row) => (
          <tr key={row.phase} className={row.isLast ? "bellwire-ended" : undefined}>
            <th scope="row">{row.name}</th>
            <td aria-hidden="true">{row.ms !== null && <span className="bellwire-bar" style={placeOf(row)} />}</td>
            <td>
              {row.ms === null
                ? missingPhase(attempt, row)
                : `${describePhase(row.ms)}${row.isLast ? ", ended here" : ""}`}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const percent = (part: number): string => `${(part * 100).toFixed(2)}%`;

const placeOf = ({ from, part }: PhaseRow): CSSProperties => ({
  marginInlineStart: percent(from),
  inlineSize: percent(part),
});

/** Says why a phase did not take place. */
function missingPhase({ connection, request }: Attempt, { phase, isPassed }: PhaseRow): string {
  const isOpening = phase === "dns" || phase === "connect" || phase === "tls";
  if (isOpening && connection === "reused") return "Reused";
  // A request bin's response arrives whole.
  if (isPassed || connection === "internal" || (phase === "tls" && request?.url.startsWith("http:") === true))
    return "Not needed";
  return "Not reached";
}
