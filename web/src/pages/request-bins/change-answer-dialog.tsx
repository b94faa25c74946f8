import {
  Button,
  Form,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  TextInput,
} from "@patternfly/react-core";
import { useState, type FormEvent } from "react";

import type { Bin } from "../../api/bin-queries.ts";
import { useBinActions } from "./use-bin-actions.ts";

const formId = "change-answer";

export function ChangeAnswerDialog({ bin, onClose }: { bin: Bin; onClose: () => void }) {
  const [status, setStatus] = useState(String(bin.answer_status));
  const [delayMs, setDelayMs] = useState(String(bin.answer_delay_ms));
  const { change } = useBinActions();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    change.mutate(
      { id: bin.id, answer_status: Number(status), answer_delay_ms: Number(delayMs) },
      { onSuccess: onClose },
    );
  };
  return (
    <Modal variant="small" isOpen onClose={onClose} aria-labelledby="change-answer-title">
      <ModalHeader
        title="How the bin answers"
        labelId="change-answer-title"
        description="Let it fail, or take its time, and watch what becomes of the deliveries."
      />
      <ModalBody>
        <Form id={formId} onSubmit={submit}>
          <FormGroup label="Status" fieldId="answer_status" isRequired>
            <TextInput
              id="answer_status"
              type="number"
              min={200}
              max={599}
              isRequired
              value={status}
              onChange={(_, typed) => setStatus(typed)}
            />
            <Hint>From 200 to 599. Only 200 counts as delivered, unless the webhooks settings say otherwise.</Hint>
          </FormGroup>
          <FormGroup label="Delay in milliseconds" fieldId="answer_delay_ms" isRequired>
            <TextInput
              id="answer_delay_ms"
              type="number"
              min={0}
              max={120_000}
              isRequired
              value={delayMs}
              onChange={(_, typed) => setDelayMs(typed)}
            />
            <Hint>How long it waits before it answers, up to two minutes.</Hint>
          </FormGroup>
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form={formId} isLoading={change.isPending} isDisabled={change.isPending}>
          Save
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  );
}

function Hint({ children }: { children: string }) {
  return (
    <FormHelperText>
      <HelperText>
        <HelperTextItem>{children}</HelperTextItem>
      </HelperText>
    </FormHelperText>
  );
}
