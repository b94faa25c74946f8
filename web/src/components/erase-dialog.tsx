import { Content, Radio } from "@patternfly/react-core";
import { useState } from "react";
import { messagesKey } from "../api/accounts.ts";
import { type BellwireSchemas, responseBody, useApi } from "../api/bellwire-client.ts";
import { FormDialog } from "./form/form-dialog.tsx";
import { useChange } from "./form/use-change.ts";
import { nameInText } from "./words.ts";

type Pending = BellwireSchemas["NewErasure"]["pending"];

/** The account or the user to erase. */
export type ErasureSubject = { readonly account_id: number } | { readonly user_id: number };

export interface EraseDialogProps {
  readonly subject: ErasureSubject;
  readonly name: string;
  readonly isDeleted?: boolean;
  readonly onDone: () => unknown;
  readonly onClose: () => void;
}

const choices: readonly { readonly pending: Pending; readonly label: string; readonly description: string }[] = [
  {
    pending: "cancel",
    label: "Cancel pending deliveries",
    description: "Receivers do not get events that wait, such as those of the deletion",
  },
  {
    pending: "send",
    label: "Send pending deliveries first",
    description: "Waits for at most 7 days. Receivers get the data in these events",
  },
];

/** Erases the personal data of an account or a user after a confirmation that names the consequences. */
export function EraseDialog({ subject, name, isDeleted = false, onDone, onClose }: EraseDialogProps) {
  const api = useApi();
  const [pending, setPending] = useState<Pending>("cancel");
  const isUser = "user_id" in subject;
  const erase = useChange({
    change: () => responseBody(api.POST("/api/v1/erasures", { body: { ...subject, pending } })),
    stale: [
      isUser ? ["accounts"] : ["accounts", "list"],
      ["applications", "list"],
      ["events"],
      ["deliveries"],
      ["mails"],
      messagesKey,
    ],
    gone: isUser
      ? []
      : [
          ["accounts", "one", subject.account_id],
          ["applications", "of account"],
          ["applications", "one"],
        ],
    done: `The personal data of ${nameInText(name)} is being erased`,
    failed: "The erasure could not be started",
    onDone,
  });
  return (
    <FormDialog
      title={`Erase the personal data of ${nameInText(name)}?`}
      submit="Erase personal data"
      isBusy={erase.isPending}
      isDanger
      onSubmit={() => erase.mutate(undefined)}
      onClose={onClose}
    >
      <Content>
        <p>
          {!isDeleted &&
            (isUser ? "This deletes the user. " : "This deletes the account with its users and applications. ")}
          Within an hour, names, addresses and other fields disappear from events, webhook bodies, responses of
          receivers, emails, messages, audit records, exports and request bins. Ids, event types, times and sequence
          numbers stay. This cannot be undone.
        </p>
        <p>Receivers, their logs and your backups keep their copies.</p>
      </Content>
      {choices.map((choice) => (
        <Radio
          key={choice.pending}
          id={`erase-${choice.pending}`}
          name="pending"
          label={choice.label}
          description={choice.description}
          isChecked={pending === choice.pending}
          onChange={() => setPending(choice.pending)}
        />
      ))}
    </FormDialog>
  );
}
