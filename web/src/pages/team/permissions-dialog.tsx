import { Checkbox, FormGroup, Radio } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { useManagement } from "../../api/management/management-context.ts";
import { productsQuery } from "../../api/management/product-queries.ts";
import { permissionsQuery, sections, type Permissions, type Section } from "../../api/management/team-queries.ts";
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

const none: Permissions = { allowed_sections: [], allowed_service_ids: null };

export function PermissionsDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const api = useManagement();
  const { data: saved = none } = useQuery(permissionsQuery(api, user.id));
  const [typed, setTyped] = useState<Partial<Permissions>>({});
  const { allowed_sections: allowed, allowed_service_ids: services } = { ...saved, ...typed };
  const { mutate, isPending } = useChange({
    change: () => api.change(`users/${user.id}/permissions`, typed),
    stale: [["team"]],
    done: "The permissions were changed",
    failed: "The permissions could not be changed",
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
      <FormGroup role="group" label="Sections" fieldId="sections">
        {sections.map((section) => (
          <Checkbox
            key={section}
            id={`section_${section}`}
            label={labels[section]}
            isChecked={allowed.includes(section)}
            onChange={(_, isOn) => setTyped({ ...typed, allowed_sections: switched(allowed, section, isOn) })}
          />
        ))}
      </FormGroup>
      <ProductChoice
        services={services}
        onChange={(allowed_service_ids) => setTyped({ ...typed, allowed_service_ids })}
      />
    </FormDialog>
  );
}

interface ProductChoiceProps {
  readonly services: number[] | null;
  readonly onChange: (services: number[] | null) => void;
}

function ProductChoice({ services, onChange }: ProductChoiceProps) {
  const { data: products = [] } = useQuery(productsQuery(useManagement()));
  return (
    <FormGroup role="radiogroup" label="Products" fieldId="services">
      <Radio
        id="services_all"
        name="services"
        label="All, also those that are still to come"
        isChecked={services === null}
        onChange={() => onChange(null)}
      />
      <Radio
        id="services_some"
        name="services"
        label="These, with their plans and applications"
        isChecked={services !== null}
        onChange={() => onChange([])}
      />
      {services !== null &&
        products.map(({ id, name }) => (
          <Checkbox
            key={id}
            id={`service_${id}`}
            label={name}
            isChecked={services.includes(id)}
            onChange={(_, isOn) => onChange(switched(services, id, isOn))}
          />
        ))}
    </FormGroup>
  );
}

const switched = <T,>(all: readonly T[], one: T, isOn: boolean): T[] => [
  ...all.filter((it) => it !== one),
  ...(isOn ? [one] : []),
];
