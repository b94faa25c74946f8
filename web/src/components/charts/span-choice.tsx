import { ToggleGroup, ToggleGroupItem } from "@patternfly/react-core";
import "./charts.css";
import { type TimeSpan, timeSpans } from "./time-span.ts";

export interface SpanChoiceProps {
  readonly span: TimeSpan;
  readonly onChoose: (span: TimeSpan) => void;
}

/** Chooses the time span of all charts of a page. */
export const SpanChoice = ({ span, onChoose }: SpanChoiceProps) => (
  <ToggleGroup isCompact aria-label="Time span" className="bellwire-spans">
    {timeSpans.map((offered) => (
      <ToggleGroupItem
        key={offered.name}
        text={offered.label}
        buttonId={`span-${offered.name}`}
        isSelected={offered.name === span.name}
        onChange={() => onChoose(offered)}
      />
    ))}
  </ToggleGroup>
);
