import { Content } from "@patternfly/react-core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Account, AccountState } from "../../api/accounts.ts";
import { useManagement } from "../../api/management-client.ts";
import { mayAdminister, useSession } from "../../api/session.tsx";
import { ActionMenu } from "../../components/action-menu.tsx";
import { EraseDialog } from "../../components/erase-dialog.tsx";
import { ConfirmDialog, DeleteDialog, type Question, webhookNote } from "../../components/form/form-dialog.tsx";
import { useChange } from "../../components/form/use-change.ts";
import { nameInText } from "../../components/words.ts";

/** 3scale's API cannot suspend accounts, so these are operations of Bellwire. */
const isBellwireOperation = ({ operation }: AccountStep): boolean => operation === "suspend" || operation === "resume";

export function AccountActions({ account }: { account: Account }) {
  const { id, org_name, state } = account;
  const api = useManagement();
  const navigate = useNavigate();
  const [toConfirm, setToConfirm] = useState<"delete" | "erase" | (Question & { readonly chosen: AccountStep })>();
  const step = useChange({
    change: async (chosen: AccountStep) => {
      const path = `accounts/${id}/${chosen.operation}`;
      await (isBellwireOperation(chosen) ? api.runOperation(path) : api.update(path));
    },
    stale: [["accounts"]],
    done: "The account was updated",
    failed: "The account could not be updated",
    onDone: () => setToConfirm(undefined),
  });
  const isAdmin = mayAdminister(useSession());
  const actions = stepsFrom(state, isAdmin).map((chosen) => {
    const confirmation = accountQuestion(chosen.operation, account, isAdmin ? "you approve" : "an admin approves");
    return {
      title: chosen.title,
      onClick: () => (confirmation ? setToConfirm({ chosen, ...confirmation }) : step.mutate(chosen)),
    };
  });
  return (
    <>
      <ActionMenu
        isBusy={step.isPending}
        actions={[
          ...actions,
          ...(isAdmin
            ? [
                { title: "Delete", isDanger: true, onClick: () => setToConfirm("delete") },
                { title: "Erase personal data", isDanger: true, onClick: () => setToConfirm("erase") },
              ]
            : []),
        ]}
      />
      {toConfirm === "delete" && (
        <DeleteAccountDialog id={id} name={org_name} onClose={() => setToConfirm(undefined)} />
      )}
      {toConfirm === "erase" && (
        <EraseDialog
          subject={{ account_id: id }}
          name={org_name}
          onDone={() => navigate({ to: "/accounts", ignoreBlocker: true })}
          onClose={() => setToConfirm(undefined)}
        />
      )}
      {toConfirm && toConfirm !== "delete" && toConfirm !== "erase" && (
        <ConfirmDialog
          title={toConfirm.title}
          confirm={toConfirm.chosen.title}
          isBusy={step.isPending}
          onConfirm={() => step.mutate(toConfirm.chosen)}
          onClose={() => setToConfirm(undefined)}
        >
          <Content component="p">{toConfirm.text}</Content>
        </ConfirmDialog>
      )}
    </>
  );
}

function DeleteAccountDialog({ id, name, onClose }: { id: number; name: string; onClose: () => void }) {
  const api = useManagement();
  const navigate = useNavigate();
  const remove = useChange({
    change: () => api.delete(`accounts/${id}`),
    stale: [
      ["accounts", "list"],
      ["applications", "list"],
    ],
    gone: [
      ["accounts", "one", id],
      ["applications", "of account", id],
      ["applications", "one"],
    ],
    done: `${nameInText(name)} was deleted`,
    failed: "The account could not be deleted",
    leave: () => navigate({ to: "/accounts", ignoreBlocker: true }), // the input of a deleted account is of no use
  });
  return (
    <DeleteDialog
      title={`Delete ${nameInText(name)}?`}
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate(undefined)}
      onClose={onClose}
    >
      This also deletes its users, applications and keys. They cannot be restored. {webhookNote} Its events stay
      readable.
    </DeleteDialog>
  );
}

interface AccountStep {
  readonly operation: "approve" | "reject" | "make_pending" | "suspend" | "resume";
  readonly title: string;
}

const steps: readonly (AccountStep & { readonly from: readonly AccountState[] })[] = [
  { operation: "approve", title: "Approve", from: ["created", "pending", "rejected"] },
  { operation: "make_pending", title: "Make pending", from: ["created", "approved", "rejected"] },
  { operation: "reject", title: "Reject", from: ["created", "pending", "approved"] },
  { operation: "suspend", title: "Suspend", from: ["created", "pending", "approved", "rejected"] },
  { operation: "resume", title: "Resume", from: ["suspended", "scheduled_for_deletion"] },
];

/** Returns the steps for an account in this state. Members of the section may only make accounts pending. */
const stepsFrom = (state: AccountState, isAdmin: boolean): readonly AccountStep[] =>
  steps.filter(({ from, operation }) => from.includes(state) && (isAdmin || operation === "make_pending"));

const signedOut = "Its users are signed out immediately and cannot sign in";

const notified = `Its admins get an email. ${webhookNote}`;

/** Returns the confirmation before a step that locks an account's users out. From "approved" every step does. Only admins approve. */
function accountQuestion(
  operation: AccountStep["operation"],
  { org_name, state }: Pick<Account, "org_name" | "state">,
  approval: string,
): Question | undefined {
  const name = nameInText(org_name);
  switch (operation) {
    case "suspend":
      return {
        title: `Suspend ${name}?`,
        text: `${signedOut} until you resume the account, which makes it approved. ${webhookNote}`,
      };
    case "reject":
      return { title: `Reject ${name}?`, text: `${signedOut} unless you approve the account later. ${notified}` };
    case "make_pending":
      return state === "approved"
        ? { title: `Make ${name} pending?`, text: `${signedOut} until ${approval} the account. ${notified}` }
        : undefined;
    case "approve":
    case "resume":
      return undefined;
  }
}
