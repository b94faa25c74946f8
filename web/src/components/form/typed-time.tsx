import { Checkbox } from "@patternfly/react-core";
import { type ReactNode, useState } from "react";
import { useSession } from "../../api/session.tsx";
import { dateInputValue, momentsOf } from "../time-zone.ts";

export interface TypedTime {
  /** The value of the date input. */
  readonly text: string;
  readonly setText: (typed: string) => void;
  /** Undefined while the input is incomplete. */
  readonly moment: Date | undefined;
  /** The choice between two equal times, below the input. Null at any other time. */
  readonly repeated: ReactNode;
}

/** Holds a time that a person types in the provider's time zone. A time that clocks show twice is the first one, or the second on demand. */
export function useTypedTime(id: string, initial?: Date): TypedTime {
  const { timeZone } = useSession();
  const [text, setText] = useState(initial ? dateInputValue(initial, timeZone) : "");
  const [first, second] = momentsOf(text, timeZone);
  const [isSecond, setIsSecond] = useState(initial !== undefined && second !== undefined && second <= initial);
  return {
    text,
    setText,
    moment: isSecond && second ? second : first,
    repeated: second ? (
      <Checkbox
        id={`${id}-second`}
        label={`The second ${text.slice(11, 16)}, after the clocks went back`}
        isChecked={isSecond}
        onChange={(_, isChecked) => setIsSecond(isChecked)}
      />
    ) : null,
  };
}
