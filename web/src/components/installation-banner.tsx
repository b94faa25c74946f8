import {
  Banner,
  Button,
  Content,
  Flex,
  FlexItem,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
} from "@patternfly/react-core";
import ExclamationTriangleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import TimesIcon from "@patternfly/react-icons/dist/esm/icons/times-icon";
import { type ReactNode, useId, useState } from "react";
import type { BellwireSchemas } from "../api/bellwire-client.ts";
import { When } from "./time.tsx";

type Notice = BellwireSchemas["Notice"];

interface NoticeTexts {
  readonly status: "warning" | "danger";
  readonly sentence: string;
  readonly title: string;
  readonly explanation: ReactNode;
  readonly steps: ReactNode;
  readonly runbook: string;
}

const texts: Readonly<Record<Notice["kind"], NoticeTexts>> = {
  changes_may_be_lost: {
    status: "warning",
    sentence: "The database was switched. Changes from shortly before may be lost.",
    title: "Changes may be lost",
    explanation:
      "A standby replaced the database, or the database was restored, and it continues from an earlier state. Nothing is lost with a synchronous standby or after a planned switch. Otherwise changes of the last moments before may be missing here, although their webhooks were sent.",
    steps: (
      <>
        <Content component="li">
          Check the changes of the last minutes before this time, and repeat those that are missing.
        </Content>
        <Content component="li">
          In your receivers, look for webhook ids whose events Bellwire does not know. They belong to lost changes.
        </Content>
        <Content component="li">
          Expect deliveries of that period again, with the same webhook id, and a gap in the sequence numbers of
          accounts.
        </Content>
        <Content component="li">Operators: the monitoring of the standby shows how far it lagged.</Content>
      </>
    ),
    runbook: "The database was switched",
  },
  held_after_restore: {
    status: "danger",
    sentence: "The database was restored. Deliveries, emails and jobs from before are held.",
    title: "Deliveries are held after a restore",
    explanation:
      "The database was restored from a backup. Deliveries, emails and jobs that were due at the time of the backup may have been completed since, so they wait for a decision. New events are delivered to endpoints that are created now; those of existing endpoints wait, too.",
    steps: (
      <>
        <Content component="li">
          The operator shows what is held with <code>bellwire resume --after-restore --plan</code>.
        </Content>
        <Content component="li">
          Then the operator sends it with <code>--send</code>, perhaps for the second time, or skips it with{" "}
          <code>--skip</code>: for all providers, one provider or one endpoint.
        </Content>
        <Content component="li">
          Repeat changes that were made after the time of the backup. Their webhooks were sent.
        </Content>
      </>
    ),
    runbook: "Restore from a backup",
  },
};

export interface NoticeBannerProps {
  readonly notices: readonly Notice[];
}

/** Says that changes may be lost, for a day, or that deliveries are held after a restore. */
export function NoticeBanner({ notices }: NoticeBannerProps) {
  const [closed, setClosed] = useState(() => localStorage.getItem(closedKey));
  const [isOpen, setOpen] = useState(false);
  const notice = notices.find(({ kind, at }) => kind === "held_after_restore" || at !== closed);
  if (!notice) return null;
  const { status, sentence } = texts[notice.kind];
  const close = (): void => {
    localStorage.setItem(closedKey, notice.at);
    setClosed(notice.at);
  };
  return (
    // Banners do not wrap by themselves, and a phone is too narrow for the sentence.
    <Banner
      status={status}
      screenReaderText={status === "danger" ? "Danger" : "Warning"}
      style={{ whiteSpace: "normal" }}
    >
      <Flex spaceItems={{ default: "spaceItemsSm" }} flexWrap={{ default: "nowrap" }}>
        <FlexItem>
          <ExclamationTriangleIcon />
        </FlexItem>
        <FlexItem grow={{ default: "grow" }}>
          {sentence} <When at={notice.at} />{" "}
          <Button variant="link" isInline onClick={() => setOpen(true)}>
            What to do
          </Button>
        </FlexItem>
        {notice.kind === "changes_may_be_lost" && (
          <FlexItem>
            <Button variant="plain" size="sm" aria-label="Close this notice" icon={<TimesIcon />} onClick={close} />
          </FlexItem>
        )}
      </Flex>
      {isOpen && <NoticeDialog notice={notice} onClose={() => setOpen(false)} />}
    </Banner>
  );
}

/** The time of the notice that was closed in this browser. */
const closedKey = "bellwire-closed-notice";

function NoticeDialog({ notice, onClose }: { readonly notice: Notice; readonly onClose: () => void }) {
  const id = useId();
  const { title, explanation, steps, runbook } = texts[notice.kind];
  return (
    <Modal variant="small" isOpen onClose={onClose} aria-labelledby={id}>
      <ModalHeader title={title} labelId={id} />
      <ModalBody>
        <Content>
          <Content component="p">{explanation}</Content>
          <Content component="ol">{steps}</Content>
          <Content component="p">
            Operators: see the runbook “{runbook}” of this version.
            {notice.until !== null && (
              <>
                {" "}
                This notice disappears <When at={notice.until} isExact />.
              </>
            )}
          </Content>
        </Content>
      </ModalBody>
      <ModalFooter>
        <Button variant="primary" onClick={onClose}>
          Close
        </Button>
      </ModalFooter>
    </Modal>
  );
}
