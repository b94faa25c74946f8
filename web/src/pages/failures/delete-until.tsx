import { Button, InputGroup, InputGroupItem, InputGroupText, TextInput, ToolbarItem } from "@patternfly/react-core";
import { useState } from "react";

export interface DeleteUntilProps {
  readonly isBusy: boolean;
  readonly onDelete: (until: string, says: string) => void;
}

/** Takes off the list what failed at a time or before it, as the Account Management API's `time` does. */
export function DeleteUntil({ isBusy, onDelete }: DeleteUntilProps) {
  const [local, setLocal] = useState("");
  const until = new Date(local);
  const isTime = !Number.isNaN(until.getTime());
  return (
    <ToolbarItem>
      <InputGroup>
        <InputGroupText className="bellwire-nowrap">Up to</InputGroupText>
        <InputGroupItem>
          <TextInput
            type="datetime-local"
            step={1}
            aria-label="Time up to which failures are deleted, in this browser's time zone"
            value={local}
            onChange={(_, typed) => setLocal(typed)}
          />
        </InputGroupItem>
        <InputGroupItem>
          <Button
            variant="control"
            isDisabled={isBusy || !isTime}
            onClick={() => onDelete(until.toISOString(), `the failures up to ${until.toLocaleString()}`)}
          >
            Delete
          </Button>
        </InputGroupItem>
      </InputGroup>
    </ToolbarItem>
  );
}
