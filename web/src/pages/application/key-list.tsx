import { ClipboardCopy, Content } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";

import { keysQuery, pathOf, type Application, type ApplicationKey } from "../../api/management/application-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { Loaded } from "../../components/loaded.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { toldToEndpoints } from "../../components/told-to-endpoints.ts";
import { useChange } from "../../components/use-change.ts";
import { ValueList } from "../../components/value-list.tsx";

export interface KeyListProps {
  readonly applicationKey: ApplicationKey;
  readonly application: Pick<Application, "application_id" | "client_id">;
}

/** Id and keys of an application that proves who it is with the two. */
export function KeyList({ applicationKey, application: { application_id = "", client_id } }: KeyListProps) {
  const api = useManagement();
  const query = useQuery(keysQuery(api, applicationKey));
  // A client of OAuth or OpenID Connect has one secret.
  const limit = client_id === undefined ? 5 : 1;
  const path = `${pathOf(applicationKey)}/keys`;
  const add = useChange({
    change: (key: string) => api.create(path, key ? { key } : {}),
    stale: [["applications"]],
    done: "The key was added",
    failed: "The key could not be added",
    fields: ["value", "key"],
  });
  const remove = useChange({
    change: (key: string) => api.remove(`${path}/${encodeURIComponent(key)}`),
    stale: [["applications"]],
    done: "The key was deleted",
    failed: "The key could not be deleted",
  });
  const replace = useChange({
    change: (key: string) => api.operate(`applications/${applicationKey.id}/regenerate_key`, { key }),
    stale: [["applications"]],
    done: "There is a new key",
    failed: "The key could not be regenerated",
  });
  return (
    <>
      <Content component="p">Application id</Content>
      <div className="bellwire-notice">
        <ClipboardCopy
          variant="inline-compact"
          isCode
          hoverTip="Copy"
          clickTip="Copied"
          copyAriaLabel="Copy the application id"
          className="bellwire-break"
        >
          {application_id}
        </ClipboardCopy>
      </div>
      <Content component="p">Keys</Content>
      <Loaded query={query} skeleton={<TableSkeleton of="the keys" />}>
        {(keys) => (
          <ValueList
            noun="key"
            values={keys.map(({ value }) => value)}
            limit={limit}
            hint={`Of 5 to 255 characters without spaces. Left empty: a random one. There is room for ${limit} in all`}
            onEnd={`It opens nothing any more, at once, and cannot be brought back. ${toldToEndpoints}`}
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
