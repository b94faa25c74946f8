import {
  Button,
  Divider,
  Form,
  FormGroup,
  HelperText,
  HelperTextItem,
  MenuToggle,
  TextInput,
} from "@patternfly/react-core";
import CalendarAltIcon from "@patternfly/react-icons/dist/esm/icons/calendar-alt-icon";
import { type FormEvent, useId, useState } from "react";
import { momentOf } from "../../api/filters.ts";
import { useSession } from "../../api/session.tsx";
import { useTypedTime } from "../form/typed-time.tsx";
import { knownTimeZone, startOfDay } from "../time-zone.ts";
import { FilterPopover } from "./filter-editor.tsx";
import { type TextAndSpan, describeSpan, timePresets } from "./filter-table.ts";

type TimeSpan = { readonly since: string; readonly until: string };

export interface TimeFilterProps {
  readonly filter: TextAndSpan;
  readonly onChange: (span: TimeSpan) => void;
}

/** Filters a list by a time span: the last hour, yesterday, or from one time to another in the provider's zone. */
export function TimeFilter({ filter, onChange }: TimeFilterProps) {
  const { timeZone } = useSession();
  const [opened, setOpened] = useState<{ readonly by: HTMLElement; readonly at: Date }>();
  const words = describeSpan(filter, timeZone);
  const close = (): void => setOpened(undefined);
  const choose = (span: TimeSpan): void => {
    close();
    onChange(span);
  };
  return (
    <>
      <MenuToggle
        icon={<CalendarAltIcon />}
        isExpanded={opened !== undefined}
        aria-label={`Time: ${words}`}
        onClick={({ currentTarget }) => setOpened(opened ? undefined : { by: currentTarget, at: new Date() })}
      >
        {words}
      </MenuToggle>
      {opened && (
        <FilterPopover label="Time" anchor={opened.by} onClose={close}>
          <div className="bellwire-presets">
            {spansAt(opened.at, timeZone).map(({ label, span }) => (
              <Button
                key={label}
                variant={label === words ? "secondary" : "tertiary"}
                size="sm"
                onClick={() => choose(span)}
              >
                {label}
              </Button>
            ))}
          </div>
          <Divider className="bellwire-notice" />
          <SpanForm filter={filter} onApply={choose} />
        </FilterPopover>
      )}
    </>
  );
}

/** Returns the spans that one press chooses. Days are those of the provider's time zone. */
function spansAt(now: Date, timeZone: string): readonly { readonly label: string; readonly span: TimeSpan }[] {
  const day = (daysLater: number): string => startOfDay(now, timeZone, daysLater).toISOString();
  return [
    { label: "Any time", span: { since: "", until: "" } },
    ...timePresets.map(({ label, since }) => ({ label, span: { since, until: "" } })),
    { label: "Today", span: { since: day(0), until: "" } },
    { label: "Yesterday", span: { since: day(-1), until: day(0) } },
  ];
}

/** Chooses the first and the last moment of a span. */
function SpanForm({ filter, onApply }: { filter: TextAndSpan; onApply: (span: TimeSpan) => void }) {
  const { timeZone } = useSession();
  const id = useId();
  const [now] = useState(() => new Date());
  const initial = (text: string | undefined): Date | undefined => (text ? momentOf(text, now) : undefined);
  const since = useTypedTime(`${id}since`, initial(filter.since));
  const until = useTypedTime(`${id}until`, initial(filter.until));
  const [from, to] = [since.moment, until.moment];
  const isReversed = from !== undefined && to !== undefined && to <= from;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!isReversed) onApply({ since: from?.toISOString() ?? "", until: to?.toISOString() ?? "" });
  };
  return (
    // The browser refuses a time that is entered only in part: its value is empty, which means no time.
    <Form onSubmit={submit} noValidate={false}>
      <FormGroup label="From" fieldId={`${id}since`}>
        <TextInput
          id={`${id}since`}
          name="since"
          type="datetime-local"
          step={1}
          value={since.text}
          onChange={(_, typed) => since.setText(typed)}
        />
        {since.repeated}
      </FormGroup>
      <FormGroup label="Until" fieldId={`${id}until`}>
        <TextInput
          id={`${id}until`}
          name="until"
          type="datetime-local"
          step={1}
          value={until.text}
          validated={isReversed ? "error" : "default"}
          aria-describedby={`${id}hint`}
          onChange={(_, typed) => until.setText(typed)}
        />
        {until.repeated}
        <HelperText id={`${id}hint`} isLiveRegion>
          {isReversed && <HelperTextItem variant="error">Must be later than “From”</HelperTextItem>}
          <HelperTextItem>In the time zone of these pages, {knownTimeZone(timeZone)}</HelperTextItem>
        </HelperText>
      </FormGroup>
      <Button type="submit" isDisabled={isReversed}>
        Apply
      </Button>
    </Form>
  );
}
