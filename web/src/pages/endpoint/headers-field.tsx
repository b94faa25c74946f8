import { Button, FormGroup, InputGroup, InputGroupItem, Stack, StackItem, TextInput } from "@patternfly/react-core";
import PlusCircleIcon from "@patternfly/react-icons/dist/esm/icons/plus-circle-icon";
import TrashIcon from "@patternfly/react-icons/dist/esm/icons/trash-icon";

import { FieldHint, hintIdOf } from "../../components/form/field.tsx";
import type { HeaderLine } from "./endpoint-draft.ts";
import type { EndpointFieldsProps } from "./endpoint-form.tsx";

export function HeadersField({ draft: { headers }, errors, onChange }: EndpointFieldsProps) {
  const put = (place: number, line: HeaderLine): void => onChange({ headers: headers.with(place, line) });
  return (
    <FormGroup role="group" label="Headers of your own" fieldId="headers" aria-describedby={hintIdOf("headers")}>
      <Stack hasGutter>
        {headers.map((line, place) => {
          const key = `header ${place}`; // lines are told apart by their place alone
          return (
            <StackItem key={key}>
              <HeaderInputs
                number={place + 1}
                line={line}
                onChange={(changed) => put(place, changed)}
                onRemove={() => onChange({ headers: headers.toSpliced(place, 1) })}
              />
            </StackItem>
          );
        })}
        <StackItem>
          <Button
            variant="link"
            isInline
            icon={<PlusCircleIcon />}
            onClick={() => onChange({ headers: [...headers, { name: "", value: "" }] })}
          >
            Add a header
          </Button>
        </StackItem>
      </Stack>
      <FieldHint
        id="headers"
        hint="Sent along with every request, for example an Authorization that your receiver asks for. Kept encrypted."
        errors={errors["headers"]}
      />
    </FormGroup>
  );
}

interface HeaderInputsProps {
  readonly number: number;
  readonly line: HeaderLine;
  readonly onChange: (changed: HeaderLine) => void;
  readonly onRemove: () => void;
}

function HeaderInputs({ number, line, onChange, onRemove }: HeaderInputsProps) {
  return (
    <InputGroup>
      <InputGroupItem isFill>
        <TextInput
          aria-label={`Name of header ${number}`}
          placeholder="Authorization"
          autoComplete="off"
          value={line.name}
          onChange={(_, name) => onChange({ ...line, name })}
        />
      </InputGroupItem>
      <InputGroupItem isFill>
        <TextInput
          aria-label={`Value of header ${number}`}
          placeholder="Bearer …"
          autoComplete="off"
          value={line.value}
          onChange={(_, value) => onChange({ ...line, value })}
        />
      </InputGroupItem>
      <InputGroupItem>
        <Button variant="control" aria-label={`Remove header ${number}`} icon={<TrashIcon />} onClick={onRemove} />
      </InputGroupItem>
    </InputGroup>
  );
}
