import {
  Alert,
  Button,
  DescriptionList,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import { useId } from "react";

import { Fact } from "../fact.tsx";
import type { refusedOf } from "./bulk-operation.ts";

export interface BulkResultProps {
  readonly says: string;
  readonly refused: ReturnType<typeof refusedOf>;
  readonly onClose: () => void;
}

/** What was done, and with which it was not: these are still ticked. */
export function BulkResult({ says, refused, onClose }: BulkResultProps) {
  const id = useId();
  const count = refused.length;
  return (
    <Modal variant="small" isOpen onClose={onClose} aria-labelledby={id}>
      <ModalHeader title={says} labelId={id} />
      <ModalBody>
        <Stack hasGutter>
          <StackItem>
            <Alert
              isInline
              isLiveRegion
              component="h2"
              variant="warning"
              title={`${count} ${count === 1 ? "stays" : "stay"} as before, and ${count === 1 ? "is" : "are"} still selected`}
            />
          </StackItem>
          <StackItem>
            <DescriptionList isCompact>
              {refused.map((it) => (
                <Fact key={it.id} term={it.name}>
                  {it.why}
                </Fact>
              ))}
            </DescriptionList>
          </StackItem>
        </Stack>
      </ModalBody>
      <ModalFooter>
        <Button onClick={onClose}>Close</Button>
      </ModalFooter>
    </Modal>
  );
}
