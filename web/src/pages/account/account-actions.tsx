import { Content } from "@patternfly/react-core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import type { Account } from "../../api/management/account-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { mayAdminister } from "../../api/session.ts";
import { useSession } from "../../api/session-context.ts";
import { ActionMenu } from "../../components/action-menu.tsx";
import { ConfirmDialog, type Question } from "../../components/confirm-dialog.tsx";
import { toldToEndpoints } from "../../components/told-to-endpoints.ts";
import { useChange } from "../../components/use-change.ts";
import { questionBefore } from "./account-questions.ts";
import { stepsFrom, type AccountStep } from "./account-steps.ts";

/** 3scale's API has no suspension of accounts: that is an operation of ours. */
const isOurs = ({ operation }: AccountStep): boolean => operation === "suspend" || operation === "resume";

export function AccountActions({ account }: { account: Account }) {
  const { id, org_name, state } = account;
  const api = useManagement();
  const [toConfirm, setToConfirm] = useState<"delete" | (Question & { readonly taken: AccountStep })>();
  const step = useChange({
    change: async (taken: AccountStep) => {
      const path = `accounts/${id}/${taken.operation}`;
      await (isOurs(taken) ? api.operate(path) : api.change(path));
    },
    stale: [["accounts"]],
    done: "The account's state was changed",
    failed: "The account's state could not be changed",
    onDone: () => setToConfirm(undefined),
  });
  const isAdmin = mayAdminister(useSession());
  const actions = stepsFrom(state, isAdmin).map((taken) => {
    const asks = questionBefore(taken.operation, account);
    return { title: taken.title, onClick: () => (asks ? setToConfirm({ taken, ...asks }) : step.mutate(taken)) };
  });
  return (
    <>
      <ActionMenu
        isBusy={step.isPending}
        actions={[
          ...actions,
          ...(isAdmin ? [{ title: "Delete", isDanger: true, onClick: () => setToConfirm("delete") }] : []),
        ]}
      />
      {toConfirm === "delete" && (
        <DeleteAccountDialog id={id} name={org_name} onClose={() => setToConfirm(undefined)} />
      )}
      {toConfirm && toConfirm !== "delete" && (
        <ConfirmDialog
          title={toConfirm.title}
          confirm={toConfirm.taken.title}
          isBusy={step.isPending}
          onConfirm={() => step.mutate(toConfirm.taken)}
          onClose={() => setToConfirm(undefined)}
        >
          <Content component="p">{toConfirm.says}</Content>
        </ConfirmDialog>
      )}
    </>
  );
}

function DeleteAccountDialog({ id, name, onClose }: { id: number; name: string; onClose: () => void }) {
  const api = useManagement();
  const navigate = useNavigate();
  const remove = useChange({
    change: () => api.remove(`accounts/${id}`),
    stale: [
      ["accounts", "list"],
      ["applications", "list"],
    ],
    gone: [
      ["accounts", "one", id],
      ["applications", "of account", id],
      ["applications", "one"],
    ],
    done: `${name} was deleted`,
    failed: "The account could not be deleted",
    onDone: () => navigate({ to: "/accounts" }),
  });
  return (
    <ConfirmDialog
      title={`Delete ${name}?`}
      confirm="Delete"
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate(undefined)}
      onClose={onClose}
    >
      <Content component="p">
        Its users, its applications and their keys go with it, and cannot be brought back. {toldToEndpoints} What
        happened stays readable under Events.
      </Content>
    </ConfirmDialog>
  );
}
