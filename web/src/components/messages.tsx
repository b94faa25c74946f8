import { Button, Label } from "@patternfly/react-core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { ApiProblem } from "../api/api-problem.ts";
import { type ListedMessage, accountMessagesQuery, messageListsKey, messageQuery } from "../api/accounts.ts";
import { expectDeleted, useApi } from "../api/bellwire-client.ts";
import { useManagement } from "../api/management-client.ts";
import { mayChangePortal, useSession } from "../api/session.tsx";
import { TextAreaField, TextField } from "./form/fields.tsx";
import { DeleteDialog, FormDialog } from "./form/form-dialog.tsx";
import { useChange } from "./form/use-change.ts";
import { Name } from "./labels.tsx";
import { nameInText } from "./words.ts";
import { type ListColumn, ListTable } from "./list-table.tsx";
import { LoadMore } from "./lists.tsx";
import { Loaded, TableSkeleton } from "./loaded.tsx";
import { When } from "./time.tsx";

/** True for a message of an account that none of the provider's users has opened. */
export const isUnread = ({ sender, read_at }: Pick<ListedMessage, "sender" | "read_at">): boolean =>
  sender === "account" && read_at === null;

const subjectColumn: ListColumn<ListedMessage> = {
  title: "Subject",
  show: (message) => (
    <Link to="/messages/$id" params={{ id: String(message.id) }}>
      {isUnread(message) ? (
        <strong>
          <Name>{message.subject}</Name>
        </strong>
      ) : (
        <Name>{message.subject}</Name>
      )}
    </Link>
  ),
  place: "title",
  isName: true,
};

const stateColumn: ListColumn<ListedMessage> = {
  title: "State",
  show: (message) => <MessageState message={message} />,
  place: "state",
};

function MessageState({ message }: { message: ListedMessage }) {
  if (isUnread(message))
    return (
      <Label isCompact color="blue">
        New
      </Label>
    );
  if (message.sender === "account") return "Read";
  return message.read_at === null ? "Not read yet" : "Read";
}

const timeColumn: ListColumn<ListedMessage> = {
  title: "Sent",
  show: ({ created_at }) => <When at={created_at} />,
  place: "end",
};

const accountColumn: ListColumn<ListedMessage> = {
  title: "Account",
  show: ({ account_id, org_name }) => (
    <Link to="/accounts/$id" params={{ id: String(account_id) }}>
      <Name>{org_name}</Name>
    </Link>
  ),
  place: "start",
  isName: true,
  width: 25, // else a long subject breaks it in each row
};

const senderColumn: ListColumn<ListedMessage> = {
  title: "From",
  show: ({ sender, author }) => (
    <>
      {sender === "account" ? "The account" : "You"}
      {author && (
        <>
          {" ("}
          <Name>{author}</Name>)
        </>
      )}
    </>
  ),
  place: "start",
  isName: true,
  width: 25, // else a long subject breaks it in each row
};

const columnsOf = {
  /** The messages of all accounts. */
  accounts: [subjectColumn, accountColumn, stateColumn, timeColumn],
  /** The messages from and to one account. */
  account: [subjectColumn, senderColumn, stateColumn, timeColumn],
} as const;

interface MessageTableProps {
  readonly messages: readonly ListedMessage[];
  readonly of: keyof typeof columnsOf;
}

export function MessageTable({ messages, of }: MessageTableProps) {
  const mayChange = mayChangePortal(useSession());
  const [toDelete, setToDelete] = useState<ListedMessage>();
  return (
    <>
      <ListTable
        label="Messages"
        rows={messages}
        columns={columnsOf[of]}
        keyOf={({ id }) => id}
        nameOf={({ subject }) => subject}
        actionsOf={
          mayChange
            ? (message) => [{ title: "Delete", isDanger: true, onClick: () => setToDelete(message) }]
            : undefined
        }
      />
      {toDelete && <DeleteMessageDialog message={toDelete} onClose={() => setToDelete(undefined)} />}
    </>
  );
}

interface DeleteMessageDialogProps {
  readonly message: Pick<ListedMessage, "id" | "subject">;
  readonly onClose: () => void;
  /** Leaves the page of the message. */
  readonly onDeleted?: () => unknown;
}

export function DeleteMessageDialog({ message: { id, subject }, onClose, onDeleted }: DeleteMessageDialogProps) {
  const api = useApi();
  const { mutate, isPending } = useChange({
    change: () => expectDeleted(api.DELETE("/api/v1/messages/{id}", { params: { path: { id } } })),
    stale: [messageListsKey],
    done: "The message was deleted",
    failed: "The message could not be deleted",
    leave: async () => {
      onClose();
      await onDeleted?.();
    },
    gone: [messageQuery(api, id).queryKey],
  });
  return (
    <DeleteDialog
      title={`Delete the message ${nameInText(subject)}?`}
      isBusy={isPending}
      onConfirm={() => mutate(undefined)}
      onClose={onClose}
    >
      It is deleted for all of your team. The account keeps it.
    </DeleteDialog>
  );
}

interface SendMessageDialogProps {
  readonly account: { readonly id: number; readonly org_name: string };
  /** Of an answer. */
  readonly subject?: string;
  readonly onClose: () => void;
}

export function SendMessageDialog({ account: { id, org_name }, subject = "", onClose }: SendMessageDialogProps) {
  const api = useManagement();
  const [text, setText] = useState({ subject, body: "" });
  const { mutate, isPending } = useChange({
    change: () => api.create(`accounts/${id}/messages`, { message: text }),
    stale: [messageListsKey, ["mails"]],
    done: "The message was sent",
    failed: "The message could not be sent",
    leave: onClose,
  });
  return (
    <FormDialog
      title={`Message to ${nameInText(org_name)}`}
      description="The account's users read it in the Developer Portal. Its admins also get it by email."
      submit="Send"
      isBusy={isPending}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      <MessageFields text={text} onChange={setText} />
    </FormDialog>
  );
}

export interface MessageText {
  readonly subject: string;
  readonly body: string;
}

interface MessageFieldsProps {
  readonly text: MessageText;
  readonly errors?: ApiProblem["errors"];
  readonly onChange: (text: MessageText) => void;
}

export const MessageFields = ({ text, errors, onChange }: MessageFieldsProps) => (
  <>
    <TextField
      id="subject"
      label="Subject"
      isRequired
      errors={errors?.["message.subject"]}
      value={text.subject}
      onChange={(subject) => onChange({ ...text, subject })}
    />
    <TextAreaField
      id="body"
      label="Message"
      isRequired
      errors={errors?.["message.body"]}
      value={text.body}
      onChange={(body) => onChange({ ...text, body })}
    />
  </>
);

/** The messages from and to an account, newest first, and a form for another. */
export function AccountMessages({ account }: { account: SendMessageDialogProps["account"] }) {
  const query = useInfiniteQuery(accountMessagesQuery(useApi(), account.id));
  const mayChange = mayChangePortal(useSession());
  const [isWriting, setWriting] = useState(false);
  return (
    <>
      <Loaded query={query} skeleton={<TableSkeleton of="messages" />}>
        {({ pages }) => {
          const messages = pages.flatMap(({ data }) => data);
          return messages.length > 0 ? (
            <MessageTable messages={messages} of="account" />
          ) : (
            "There are no messages from or to this account."
          );
        }}
      </Loaded>
      <LoadMore query={query} />{" "}
      {mayChange && (
        <Button variant="link" isInline onClick={() => setWriting(true)}>
          Send a message
        </Button>
      )}
      {isWriting && <SendMessageDialog account={account} onClose={() => setWriting(false)} />}
    </>
  );
}
