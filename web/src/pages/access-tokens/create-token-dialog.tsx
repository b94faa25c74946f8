import {
  Alert,
  Button,
  Checkbox,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import { useId, useState } from "react";
import { CopyField } from "../../components/copy-text.tsx";
import { useManagement } from "../../api/management-client.ts";
import { accessTokenScopes } from "../../api/facts.ts";
import { useSession } from "../../api/session.tsx";
import type { NewAccessToken, Scope } from "../../api/team.ts";
import { ChoiceGroup, SelectField, TextField } from "../../components/form/fields.tsx";
import { FormDialog } from "../../components/form/form-dialog.tsx";
import { useChange } from "../../components/form/use-change.ts";
import { knownTimeZone, parseDateInput } from "../../components/time-zone.ts";

const permissions = [
  { value: "ro", label: "Read only" },
  { value: "rw", label: "Read and write" },
] as const;

export function CreateTokenDialog({ onClose }: { onClose: () => void }) {
  const api = useManagement();
  const { timeZone } = useSession();
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<ReadonlySet<Scope>>(new Set(["account_management"]));
  const [permission, setPermission] = useState<"ro" | "rw">("ro");
  const [expires, setExpires] = useState("");
  const { mutate, isPending, errors, data } = useChange({
    change: () => {
      const expires_at = parseDateInput(expires, timeZone)?.toISOString();
      const values = { name, permission, scopes: [...chosen], ...(expires_at && { expires_at }) };
      return api.create<{ access_token: NewAccessToken }>("personal/access_tokens", values);
    },
    stale: [["access tokens"]],
    failed: "The token could not be created",
    fields: ["name", "scopes", "expires_at"],
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
        {accessTokenScopes.map((scope) => (
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
        value={expires}
        input={{ type: "datetime-local" }}
        onChange={setExpires}
      />
    </FormDialog>
  );
}

/** Closes only with its button: after an accidental Escape the token would be lost. */
function TokenShownOnce({ value, onClose }: { value: string; onClose: () => void }) {
  const id = useId();
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
      </ModalFooter>
    </Modal>
  );
}
