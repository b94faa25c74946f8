import { Button, Content, Flex } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import {
  type Application,
  type ApplicationKey,
  keysQuery,
  applicationPath,
  referrerFiltersQuery,
} from "../../api/applications.ts";
import { CopyText } from "../../components/copy-text.tsx";
import { useManagement } from "../../api/management-client.ts";
import { TextField } from "../../components/form/fields.tsx";
import { ConfirmDialog, FormDialog, webhookNote } from "../../components/form/form-dialog.tsx";
import { useChange } from "../../components/form/use-change.ts";
import { ValueList } from "../../components/form/value-list.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";

export interface UserKeyProps {
  readonly applicationKey: ApplicationKey;
  readonly userKey: string;
}

/** The single secret of an application that authenticates with a user key. */
export function UserKey({ applicationKey, userKey }: UserKeyProps) {
  const api = useManagement();
  const [open, setOpen] = useState<"set" | "regenerate">();
  const close = (): void => setOpen(undefined);
  const regenerate = useChange({
    change: () => api.runOperation(`applications/${applicationKey.id}/regenerate_user_key`),
    stale: [["applications"]],
    done: "The user key was regenerated",
    failed: "The user key could not be regenerated",
    onDone: close,
  });
  return (
    <>
      <Content component="p">User key</Content>
      <Flex>
        <CopyText label="Copy the user key">{userKey}</CopyText>
        <Button variant="secondary" size="sm" onClick={() => setOpen("set")}>
          Set user key
        </Button>
        <Button variant="secondary" size="sm" onClick={() => setOpen("regenerate")}>
          Regenerate user key
        </Button>
      </Flex>
      {open === "set" && <SetUserKeyDialog applicationKey={applicationKey} onClose={close} />}
      {open === "regenerate" && (
        <ConfirmDialog
          title="Regenerate the user key?"
          confirm="Regenerate"
          isBusy={regenerate.isPending}
          onConfirm={() => regenerate.mutate(undefined)}
          onClose={close}
        >
          <Content component="p">
            The old key stops working immediately, and the application needs the new one. {webhookNote}
          </Content>
        </ConfirmDialog>
      )}
    </>
  );
}

function SetUserKeyDialog({ applicationKey, onClose }: { applicationKey: ApplicationKey; onClose: () => void }) {
  const api = useManagement();
  const [userKey, setUserKey] = useState("");
  const { mutate, isPending, errors } = useChange({
    change: () => api.update(applicationPath(applicationKey), { user_key: userKey }),
    stale: [["applications"]],
    done: "The user key was set",
    failed: "The user key could not be set",
    fields: ["user_key"],
    leave: onClose,
  });
  return (
    <FormDialog
      title="Set the user key"
      description={`The old key stops working immediately. ${webhookNote}`}
      submit="Set"
      isBusy={isPending}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      <TextField
        id="user_key"
        label="User key"
        isRequired
        errors={errors["user_key"]}
        value={userKey}
        onChange={setUserKey}
      />
    </FormDialog>
  );
}

export interface KeyListProps {
  readonly applicationKey: ApplicationKey;
  readonly application: Pick<Application, "application_id" | "client_id">;
}

/** The id and the keys of an application that authenticates with both. */
export function KeyList({ applicationKey, application: { application_id = "", client_id } }: KeyListProps) {
  const api = useManagement();
  const query = useQuery(keysQuery(api, applicationKey));
  // A client of OAuth or OpenID Connect has one secret.
  const limit = client_id === undefined ? 5 : 1;
  const path = `${applicationPath(applicationKey)}/keys`;
  const add = useChange({
    change: (key: string) => api.create(path, key ? { key } : {}),
    stale: [["applications"]],
    done: "The key was added",
    failed: "The key could not be added",
    fields: ["value", "key"],
  });
  const remove = useChange({
    change: (key: string) => api.delete(`${path}/${encodeURIComponent(key)}`),
    stale: [["applications"]],
    done: "The key was deleted",
    failed: "The key could not be deleted",
  });
  const replace = useChange({
    change: (key: string) => api.runOperation(`applications/${applicationKey.id}/regenerate_key`, { key }),
    stale: [["applications"]],
    done: "The key was regenerated",
    failed: "The key could not be regenerated",
  });
  return (
    <>
      <Content component="p">Application id</Content>
      <div className="bellwire-notice">
        <CopyText label="Copy the application id">{application_id}</CopyText>
      </div>
      <Content component="p">Keys</Content>
      <Loaded query={query} skeleton={<TableSkeleton of="the keys" />}>
        {(keys) => (
          <ValueList
            noun="key"
            values={keys.map(({ value }) => value)}
            limit={limit}
            hint={`5 to 255 characters without spaces. If empty: a random key. The limit is ${limit}`}
            onEnd={`The key stops working immediately and cannot be restored. ${webhookNote}`}
            errors={add.errors["value"] ?? add.errors["key"]}
            isBusy={add.isPending || remove.isPending || replace.isPending}
            onAdd={(key, onSuccess, event) => {
              add.take(event);
              add.mutate(key, { onSuccess });
            }}
            onRemove={(key, onSuccess) => remove.mutate(key, { onSuccess })}
            onReplace={(key, onSuccess) => replace.mutate(key, { onSuccess })}
          />
        )}
      </Loaded>
    </>
  );
}

const filtersMax = 5;

export function ReferrerFilterList({ applicationKey }: { applicationKey: ApplicationKey }) {
  const api = useManagement();
  const query = useQuery(referrerFiltersQuery(api, applicationKey));
  const path = `${applicationPath(applicationKey)}/referrer_filters`;
  const add = useChange({
    change: (referrer_filter: string) => api.create(path, { referrer_filter }),
    stale: [["applications"]],
    done: "The referrer filter was added",
    failed: "The referrer filter could not be added",
    fields: ["value", "referrer_filter"],
  });
  const remove = useChange({
    change: (id: number) => api.delete(`${path}/${id}`),
    stale: [["applications"]],
    done: "The referrer filter was deleted",
    failed: "The referrer filter could not be deleted",
  });
  return (
    <Loaded query={query} skeleton={<TableSkeleton of="the referrer filters" />}>
      {(filters) => (
        <ValueList
          noun="referrer filter"
          values={filters.map(({ value }) => value)}
          limit={filtersMax}
          hint={`A domain or address that calls come from, without https:// and path: example.com, *.example.com. The limit is ${filtersMax}`}
          onEnd="Calls from this address are no longer allowed by this filter."
          errors={add.errors["value"] ?? add.errors["referrer_filter"]}
          isBusy={add.isPending || remove.isPending}
          onAdd={(value, onSuccess, event) => {
            add.take(event);
            add.mutate(value, { onSuccess });
          }}
          onRemove={(value, onSuccess) => {
            const filter = filters.find((each) => each.value === value);
            if (filter) remove.mutate(filter.id, { onSuccess });
          }}
        />
      )}
    </Loaded>
  );
}
