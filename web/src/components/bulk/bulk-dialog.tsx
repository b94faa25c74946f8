import {
  Alert,
  Button,
  DescriptionList,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  Progress,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import { useBlocker } from "@tanstack/react-router";
import { useId } from "react";
import { countOf, formatCount } from "../counts.ts";
import { Fact } from "../facts.tsx";
import { useFocusBack } from "../form/form-dialog.tsx";
import { InPortions } from "../lists.tsx";
import { type BulkReport, type Refused, retriedCount, triedCount } from "./bulk-run.ts";

/** Singular and plural: "account", "accounts". */
export type Nouns = readonly [one: string, several: string];

interface ReportProps {
  readonly report: BulkReport;
  readonly nouns: Nouns;
}

export interface BulkProgressProps extends ReportProps {
  readonly title: string;
  readonly isStopping: boolean;
  readonly onStop: () => void;
}

/** Screen readers hear the progress at most so many times. */
const announcementsMax = 10;

/** The progress of a running operation. It cannot be closed, because the result would be lost: only stopped. */
export function BulkProgress({ title, report, nouns, isStopping, onStop }: BulkProgressProps) {
  const id = useId();
  useFocusBack();
  useBlocker({ shouldBlockFn: () => true, enableBeforeUnload: true });
  const { total } = report;
  const tried = triedCount(report);
  const step = Math.max(1, Math.ceil(total / announcementsMax));
  const announced = Math.floor(tried / step) * step;
  return (
    <Modal variant="small" isOpen aria-labelledby={id} onEscapePress={onStop}>
      <ModalHeader title={title} labelId={id} description="Keep this page open until the end." />
      <ModalBody>
        <Progress
          title={isStopping ? "Stopping…" : "Running"}
          value={tried}
          max={total}
          label={`${formatCount(tried)} of ${formatCount(total)}`}
          valueText={`${formatCount(tried)} of ${countOf(total, nouns)}`}
        />
        <span role="status" className="pf-v6-screen-reader">
          {isStopping ? "Stopping" : `${formatCount(announced)} of ${countOf(total, nouns)}`}
        </span>
      </ModalBody>
      <ModalFooter>
        <Button variant="secondary" isLoading={isStopping} isAriaDisabled={isStopping} onClick={onStop}>
          Stop
        </Button>
      </ModalFooter>
    </Modal>
  );
}

export interface BulkResultProps extends ReportProps {
  /** The past participle: "suspended". */
  readonly done: string;
  /** True if the objects that could not be changed are still selected. */
  readonly areSelected: boolean;
  readonly onContinue: () => void;
  readonly onRetry: () => void;
  readonly onClose: () => void;
}

/** Says how many objects changed, and which others did not and why. Offers to continue, and to retry those only. */
export function BulkResult({ report, nouns, done, areSelected, onContinue, onRetry, onClose }: BulkResultProps) {
  const id = useId();
  useFocusBack();
  const { refused, rest } = report;
  const retried = retriedCount(report);
  return (
    <Modal variant="small" isOpen onClose={onClose} aria-labelledby={id}>
      <ModalHeader title={describeDone(report.done.length, nouns, done)} labelId={id} />
      <ModalBody>
        <Stack hasGutter>
          <Interruption report={report} nouns={nouns} done={done} />
          {report.unchanged.length > 0 && (
            <StackItem>{`${describeDone(report.unchanged.length, nouns, done)} already.`}</StackItem>
          )}
          {refused.length > 0 && (
            <>
              <StackItem>
                <Alert
                  isInline
                  isLiveRegion
                  component="h2"
                  variant="warning"
                  title={`${formatCount(refused.length)} could not be changed${
                    areSelected ? ` and ${refused.length === 1 ? "is" : "are"} still selected` : ""
                  }`}
                />
              </StackItem>
              <StackItem>
                <RefusedList refused={refused} />
              </StackItem>
            </>
          )}
        </Stack>
      </ModalBody>
      <ModalFooter>
        {rest.length > 0 && <Button onClick={onContinue}>Continue with {countOf(rest.length, nouns)}</Button>}
        {rest.length === 0 && retried > 0 && (
          <Button variant="secondary" onClick={onRetry}>
            Retry {countOf(retried, nouns)}
          </Button>
        )}
        <Button variant={rest.length > 0 ? "link" : "primary"} onClick={onClose}>
          Close
        </Button>
      </ModalFooter>
    </Modal>
  );
}

/** Says why the operation stopped before its end, and what is known about the rest. */
function Interruption({
  report: { rest, unsureCount, problem },
  nouns,
  done,
}: ReportProps & { readonly done: string }) {
  if (rest.length === 0) return null;
  const untried = rest.length - unsureCount;
  return (
    <StackItem>
      <Alert
        isInline
        isLiveRegion
        component="h2"
        variant={problem === undefined && unsureCount === 0 ? "info" : "danger"}
        title={problem === undefined ? "Stopped before the end" : `Stopped: ${problem}`}
      >
        {unsureCount > 0 && (
          <p>
            The response about {countOf(unsureCount, nouns)} was lost, so {unsureCount === 1 ? "it" : "they"} may have
            been {done} nevertheless. Continue to find out: nothing is done twice.
          </p>
        )}
        {untried > 0 && (
          <p>
            {countOf(untried, nouns)} {untried === 1 ? "was" : "were"} not tried.
          </p>
        )}
      </Alert>
    </StackItem>
  );
}

const RefusedList = ({ refused }: { readonly refused: readonly Refused[] }) => (
  <InPortions rows={refused}>
    {(shown) => (
      <DescriptionList isCompact>
        {shown.map(({ id, name, why }) => (
          <Fact key={id} term={name}>
            {why}
          </Fact>
        ))}
      </DescriptionList>
    )}
  </InPortions>
);

/** Returns "2 accounts were suspended". */
export const describeDone = (count: number, nouns: Nouns, done: string): string =>
  `${count === 0 ? `No ${nouns[0]}` : countOf(count, nouns)} ${count > 1 ? "were" : "was"} ${done}`;
