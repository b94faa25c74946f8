import {
  Button,
  EmptyState,
  EmptyStateBody,
  PageSection,
  Alert,
  Checkbox,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import KeyIcon from "@patternfly/react-icons/dist/esm/icons/key-icon";
import { useQuery } from "@tanstack/react-query";
import { useBlocker } from "@tanstack/react-router";
import { useState, useId } from "react";
import { accessTokenScopes } from "../../api/facts.ts";
import { useManagement } from "../../api/management-client.ts";
import { useSession } from "../../api/session.tsx";
import { type AccessToken, accessTokensQuery, type NewAccessToken, type Scope } from "../../api/team.ts";
import { CopyField } from "../../components/copy-text.tsx";
import { ChoiceGroup, CurrentPasswordField, SelectField, TextField } from "../../components/form/fields.tsx";
import { ConfirmDialog, DeleteDialog, FormDialog } from "../../components/form/form-dialog.tsx";
import { useChange } from "../../components/form/use-change.ts";
import { Name } from "../../components/labels.tsx";
import { nameInText } from "../../components/words.ts";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { useTypedTime } from "../../components/form/typed-time.tsx";
import { knownTimeZone } from "../../components/time-zone.ts";
import { When } from "../../components/time.tsx";

export function AccessTokensPage() {
  const query = useQuery(accessTokensQuery(useManagement()));
  const mayUseTokens = useSession().tokenScopes.size > 0;
  const [isCreating, setCreating] = useState(false);
  return (
    <>
      <PageHeader
        title="Access tokens"
        actions={mayUseTokens && <Button onClick={() => setCreating(true)}>Create a token</Button>}
      >
        A program that calls the APIs with your token acts as you. The list contains only your own tokens.
        {!mayUseTokens && " Your permissions include no scope of a token. An admin can extend them."}
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="tokens" />}>
          {(tokens) =>
            tokens.length > 0 ? (
              <AccessTokensTable tokens={tokens} />
            ) : (
              <EmptyState titleText="You have no access tokens" icon={KeyIcon} headingLevel="h2">
                {mayUseTokens && (
                  <EmptyStateBody>Create one token for each program, so you can revoke each separately.</EmptyStateBody>
                )}
              </EmptyState>
            )
          }
        </Loaded>
      </PageSection>
      {isCreating && <CreateTokenDialog onClose={() => setCreating(false)} />}
    </>
  );
}

const columns: readonly ListColumn<AccessToken>[] = [
  { title: "Name", show: ({ name }) => <Name>{name}</Name>, place: "title", isName: true },
  { title: "Scopes", show: ({ scopes }) => scopes.join(", "), place: "text" },
  {
    title: "Permission",
    show: ({ permission }) => (permission === "rw" ? "Read and write" : "Read only"),
    place: "state",
  },
  {
    title: "Expires",
    show: ({ expires_at }) => (expires_at ? <When at={expires_at} /> : "Never"),
    place: "end",
    isLabelled: true,
  },
];

function AccessTokensTable({ tokens }: { tokens: readonly AccessToken[] }) {
  const api = useManagement();
  const [toDelete, setToDelete] = useState<AccessToken>();
  const remove = useChange({
    change: (id: number) => api.delete(`personal/access_tokens/${id}`),
    stale: [["access tokens"]],
    done: "The token was deleted",
    failed: "The token could not be deleted",
    onDone: () => setToDelete(undefined),
  });
  return (
    <>
      <ListTable
        label="Access tokens"
        rows={tokens}
        columns={columns}
        keyOf={({ id }) => id}
        nameOf={({ name }) => name}
        actionsOf={(token) => [{ title: "Delete", isDanger: true, onClick: () => setToDelete(token) }]}
      />
      {toDelete && (
        <DeleteDialog
          title={`Delete ${nameInText(toDelete.name)}?`}
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate(toDelete.id)}
          onClose={() => setToDelete(undefined)}
        >
          Programs that use this token will be rejected. A deleted token cannot be restored.
        </DeleteDialog>
      )}
    </>
  );
}

const permissions = [
  { value: "ro", label: "Read only" },
  { value: "rw", label: "Read and write" },
] as const;

/** Most programs need this scope. Without it, several others are no obvious choice, but a single one is. */
const scopesAtFirst = (usable: readonly Scope[]): readonly Scope[] =>
  usable.length === 1 ? usable : usable.filter((scope) => scope === "account_management");

export function CreateTokenDialog({ onClose }: { onClose: () => void }) {
  const api = useManagement();
  const { timeZone, tokenScopes } = useSession();
  const scopes = accessTokenScopes.filter((scope) => tokenScopes.has(scope));
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<ReadonlySet<Scope>>(() => new Set(scopesAtFirst(scopes)));
  const [permission, setPermission] = useState<"ro" | "rw">("ro");
  const expires = useTypedTime("expires_at");
  const [password, setPassword] = useState("");
  const { mutate, isPending, errors, data } = useChange({
    change: () => {
      const expires_at = expires.moment?.toISOString();
      const optional = { ...(expires_at && { expires_at }), ...(password && { current_password: password }) };
      const values = { name, permission, scopes: [...chosen], ...optional };
      return api.create<{ access_token: NewAccessToken }>("personal/access_tokens", values);
    },
    stale: [["access tokens"]],
    failed: "The token could not be created",
    fields: ["name", "scopes", "expires_at", "current_password"],
  });
  if (data) return <TokenShownOnce value={data.access_token.value} onClose={onClose} />;
  return (
    <FormDialog
      title="Create a token"
      submit="Create"
      isBusy={isPending}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      <TextField
        id="name"
        label="Name"
        isRequired
        hint="The program that uses the token"
        errors={errors["name"]}
        value={name}
        onChange={setName}
      />
      <ChoiceGroup kind="group" id="scopes" label="Scopes" errors={errors["scopes"]}>
        {scopes.map((scope) => (
          <Checkbox
            key={scope}
            id={`scope_${scope}`}
            label={scope}
            isValid={!errors["scopes"]}
            isChecked={chosen.has(scope)}
            onChange={(_, isOn) =>
              setChosen(isOn ? chosen.union(new Set([scope])) : chosen.difference(new Set([scope])))
            }
          />
        ))}
      </ChoiceGroup>
      <SelectField
        id="permission"
        label="Permission"
        value={permission}
        options={permissions}
        onChange={setPermission}
      />
      <TextField
        id="expires_at"
        label="Expires"
        hint={`In the time zone of these pages, ${knownTimeZone(timeZone)}. If empty, the token never expires`}
        errors={errors["expires_at"]}
        value={expires.text}
        input={{ type: "datetime-local" }}
        onChange={expires.setText}
      />
      {expires.repeated}
      <CurrentPasswordField
        id="current_password"
        hint="So that nobody else at your browser can create a token that acts as you"
        errors={errors["current_password"]}
        value={password}
        onChange={setPassword}
      />
    </FormDialog>
  );
}

/** Closes only with its button: after an accidental Escape the token would be lost. Asks before another page replaces it. */
function TokenShownOnce({ value, onClose }: { value: string; onClose: () => void }) {
  const id = useId();
  const blocker = useBlocker({ shouldBlockFn: () => true, withResolver: true });
  return (
    <Modal variant="small" isOpen aria-labelledby={id}>
      <ModalHeader title="Your new token" labelId={id} />
      <ModalBody>
        <Stack hasGutter>
          <StackItem>
            <Alert isInline component="h2" variant="warning" title="The token is shown only once">
              Copy it now. Bellwire stores only a hash of it.
            </Alert>
          </StackItem>
          <StackItem>
            <CopyField label="Access token">{value}</CopyField>
          </StackItem>
        </Stack>
      </ModalBody>
      <ModalFooter>
        <Button onClick={onClose}>I copied the token</Button>
        {blocker.status === "blocked" && (
          <ConfirmDialog
            title="Leave without a copy of the token?"
            confirm="Leave"
            dismiss="Stay on this page"
            isBusy={false}
            onConfirm={blocker.proceed}
            onClose={blocker.reset}
          >
            The token is shown only once.
          </ConfirmDialog>
        )}
      </ModalFooter>
    </Modal>
  );
}
