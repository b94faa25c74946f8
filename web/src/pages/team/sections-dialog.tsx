import { Checkbox } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { useManagement } from "../../api/management/management-context.ts";
import { permissionsQuery, sections, type Section } from "../../api/management/team-queries.ts";
import type { User } from "../../api/management/user-queries.ts";
import { FormDialog } from "../../components/form/form-dialog.tsx";
import { useChange } from "../../components/use-change.ts";

const labels: Readonly<Record<Section, string>> = {
  partners: "Developers: accounts and applications",
  plans: "Products and plans",
  settings: "Settings",
  portal: "Developer Portal",
  finance: "Billing",
  monitoring: "Analytics",
  policy_registry: "Policies",
};

export function SectionsDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const api = useManagement();
  const { data: saved = [] } = useQuery(permissionsQuery(api, user.id));
  const [typed, setTyped] = useState<ReadonlySet<Section>>();
  const allowed = typed ?? new Set(saved);
  const { mutate, isPending } = useChange({
    change: () => api.change(`users/${user.id}/permissions`, { allowed_sections: [...allowed] }),
    stale: [["team"]],
    done: "The sections were changed",
    failed: "The sections could not be changed",
    onDone: onClose,
  });
  return (
    <FormDialog
      title={`What ${user.username} may open`}
      submit="Save"
      isBusy={isPending}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      {sections.map((section) => (
        <Checkbox
          key={section}
          id={`section_${section}`}
          label={labels[section]}
          isChecked={allowed.has(section)}
          onChange={(_, isOn) =>
            setTyped(isOn ? allowed.union(new Set([section])) : allowed.difference(new Set([section])))
          }
        />
      ))}
    </FormDialog>
  );
}
