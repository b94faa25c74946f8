import { Content } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";

import { keysQuery, pathOf, type ApplicationKey } from "../../api/management/application-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { useChange } from "../../components/use-change.ts";
import { ValueList } from "../../components/value-list.tsx";

export interface KeyListProps {
  readonly applicationKey: ApplicationKey;
  readonly applicationId: string;
}

/** Id and keys of an application that proves who it is with the two. */
export function KeyList({ applicationKey, applicationId }: KeyListProps) {
  const api = useManagement();
  const { data: keys = [] } = useQuery(keysQuery(api, applicationKey));
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
      <Content component="p">
        Application id <span className="bellwire-mono">{applicationId}</span>
      </Content>
      <ValueList
        noun="key"
        values={keys.map(({ value }) => value)}
        hint="5 to 255 characters without spaces. Left empty: a random one"
        errors={add.errors["value"] ?? add.errors["key"]}
        isBusy={add.isPending || remove.isPending || replace.isPending}
        onAdd={add.mutate}
        onRemove={remove.mutate}
        onReplace={replace.mutate}
      />
    </>
  );
}
