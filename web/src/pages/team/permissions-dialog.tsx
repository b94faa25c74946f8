import { Checkbox } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { useManagement } from "../../api/management/management-context.ts";
import { productsQuery } from "../../api/management/product-queries.ts";
import { permissionsQuery, sections, type Section } from "../../api/management/team-queries.ts";
import type { User } from "../../api/management/user-queries.ts";
import { ChoiceGroup } from "../../components/form/choice-group.tsx";
import { FormDialog } from "../../components/form/form-dialog.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { useChange } from "../../components/use-change.ts";
import { isTouched, permissionsChange, shownPermissions, switched, type Touched } from "./permissions-draft.ts";
import { ProductChoice } from "./product-choice.tsx";

const labels: Readonly<Record<Section, string>> = {
  partners: "Developers: accounts and applications",
  plans: "Products and plans",
  settings: "Settings",
  portal: "Developer Portal",
  finance: "Billing",
  monitoring: "Analytics",
  policy_registry: "Policies",
};

const fields = ["allowed_sections", "allowed_service_ids"] as const;

export function PermissionsDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const api = useManagement();
  // A choice begins with what is set now: from an older answer, it would take back what somebody else has set.
  const permissions = useQuery({ ...permissionsQuery(api, user.id), refetchOnMount: "always" });
  const products = useQuery(productsQuery(api));
  const [touched, setTouched] = useState<Touched>({});
  const touch = (it: Touched): void => setTouched({ ...touched, ...it });
  const saved = permissions.isFetchedAfterMount ? permissions.data : undefined;
  const data = saved && products.data && { saved, products: products.data };
  const { mutate, isPending, errors } = useChange({
    change: () => api.change(`users/${user.id}/permissions`, data && permissionsChange(data, touched)),
    stale: [["team"], ["products"]],
    done: "The permissions were changed",
    failed: "The permissions could not be changed",
    fields,
    onDone: onClose,
  });
  const refetch = () => Promise.all([permissions.refetch(), products.refetch()]);
  return (
    <FormDialog
      title={`What ${user.username} may open`}
      submit="Save"
      isBusy={isPending}
      isDisabled={!data || !isTouched(touched)}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      <Loaded
        query={{ data, error: permissions.error ?? products.error, refetch }}
        skeleton={<TableSkeleton of="the permissions" />}
      >
        {(loaded) => {
          const shown = shownPermissions(loaded, touched);
          return (
            <>
              <ChoiceGroup kind="group" id="allowed_sections" label="Sections" errors={errors["allowed_sections"]}>
                {sections.map((section) => (
                  <Checkbox
                    key={section}
                    id={`section_${section}`}
                    label={labels[section]}
                    isValid={!errors["allowed_sections"]}
                    isChecked={shown.sections.includes(section)}
                    onChange={(_, isOn) => touch({ sections: switched(shown.sections, section, isOn) })}
                  />
                ))}
              </ChoiceGroup>
              <ProductChoice
                products={loaded.products}
                chosen={shown}
                errors={errors["allowed_service_ids"]}
                onChange={touch}
              />
            </>
          );
        }}
      </Loaded>
    </FormDialog>
  );
}
