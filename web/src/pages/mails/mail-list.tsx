import {
  DataList,
  DataListCell,
  DataListContent,
  DataListItem,
  DataListItemCells,
  DataListItemRow,
  DataListToggle,
  Label,
} from "@patternfly/react-core";
import { useState } from "react";

import type { Mail } from "../../api/mail-queries.ts";
import { When } from "../../components/when.tsx";
import { MailText } from "./mail-text.tsx";

export function MailList({ mails }: { mails: readonly Mail[] }) {
  return (
    <DataList aria-label="Mails" isCompact>
      {mails.map((mail) => (
        <MailRow key={mail.id} mail={mail} />
      ))}
    </DataList>
  );
}

function MailRow({ mail }: { mail: Mail }) {
  const [isOpen, setOpen] = useState(false);
  const [titleId, textId] = [`mail-${mail.id}`, `mail-${mail.id}-text`];
  return (
    <DataListItem aria-labelledby={titleId} isExpanded={isOpen}>
      <DataListItemRow>
        <DataListToggle
          id={`mail-${mail.id}-toggle`}
          aria-controls={textId}
          aria-label={`Read ${mail.subject}`}
          isExpanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        />
        <DataListItemCells
          dataListCells={[
            <DataListCell key="subject" width={3} wrapModifier="breakWord">
              <span id={titleId}>{mail.subject}</span>
              <div className="bellwire-subtle">to {mail.recipient}</div>
            </DataListCell>,
            <DataListCell key="state">
              <MailState mail={mail} />
            </DataListCell>,
            <DataListCell key="when">
              <When at={mail.created_at} />
            </DataListCell>,
          ]}
        />
      </DataListItemRow>
      <DataListContent id={textId} aria-label={mail.subject} isHidden={!isOpen}>
        <MailText text={mail.text} />
        {mail.last_error && <p className="bellwire-subtle">The mail server said: {mail.last_error}</p>}
      </DataListContent>
    </DataListItem>
  );
}

function MailState({ mail: { sent_at, attempts_made } }: { mail: Mail }) {
  if (sent_at) {
    return (
      <Label isCompact status="success">
        Sent
      </Label>
    );
  }
  return attempts_made > 0 ? (
    <Label isCompact status="warning">
      Tried {attempts_made}×
    </Label>
  ) : (
    <Label isCompact>Kept here</Label>
  );
}
