import { Checkbox, Radio } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { User } from "../../api/accounts.ts";
import { useManagement } from "../../api/management-client.ts";
import { type Product, productsQuery } from "../../api/products.ts";
import { type Permissions, type Section, permissionsQuery } from "../../api/team.ts";
import { permissionSections } from "../../api/facts.ts";
import { ChoiceGroup } from "../../components/form/fields.tsx";
import { FormDialog } from "../../components/form/form-dialog.tsx";
import { type SetEdits, applySetEdits, withTurned } from "../../components/form/conflicts.ts";
import { useChange } from "../../components/form/use-change.ts";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { nameInText } from "../../components/words.ts";

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
  // Always starts from the present permissions: an older response would undo changes of another admin.
  const permissions = useQuery({ ...permissionsQuery(api, user.id), refetchOnMount: "always" });
  const products = useQuery(productsQuery(api));
  const [edits, setEdits] = useState<PermissionEdits>({});
  const edit = (changes: PermissionEdits): void => setEdits({ ...edits, ...changes });
  const saved = permissions.isFetchedAfterMount ? permissions.data : undefined;
  const data = saved && products.data && { saved, products: products.data };
  const { mutate, isPending, errors } = useChange({
    change: async () => {
      const { data: present } = await permissions.refetch(); // another admin may have changed them
      const values = data && permissionsChange({ ...data, saved: present ?? data.saved }, edits);
      return api.update(`users/${user.id}/permissions`, values);
    },
    stale: [["team"], ["products"]],
    done: "The permissions were changed",
    failed: "The permissions could not be changed",
    fields,
    leave: onClose,
  });
  const refetch = () => Promise.all([permissions.refetch(), products.refetch()]);
  return (
    <FormDialog
      title={`Permissions of ${nameInText(user.username)}`}
      submit="Save"
      isBusy={isPending}
      isDisabled={!data || !hasEdits(edits)}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      <Loaded
        query={{ data, error: permissions.error ?? products.error, refetch }}
        skeleton={<TableSkeleton of="the permissions" />}
      >
        {(loaded) => {
          const edited = editedPermissions(loaded, edits);
          return (
            <>
              <ChoiceGroup kind="group" id="allowed_sections" label="Sections" errors={errors["allowed_sections"]}>
                {permissionSections.map((section) => (
                  <Checkbox
                    key={section}
                    id={`section_${section}`}
                    label={labels[section]}
                    isValid={!errors["allowed_sections"]}
                    isChecked={edited.sections.includes(section)}
                    onChange={(_, isOn) => edit({ sections: withTurned(edits.sections, section, isOn) })}
                  />
                ))}
              </ChoiceGroup>
              <ProductChoice
                products={loaded.products}
                chosen={edited}
                errors={errors["allowed_service_ids"]}
                onEvery={(isEveryProduct) => edit({ isEveryProduct })}
                onTurn={(id, isOn) => edit({ products: withTurned(edits.products, id, isOn) })}
              />
            </>
          );
        }}
      </Loaded>
    </FormDialog>
  );
}

export interface ProductChoiceProps {
  readonly products: readonly Product[];
  readonly chosen: EditedPermissions;
  readonly errors: readonly string[] | undefined;
  readonly onEvery: (isEveryProduct: boolean) => void;
  readonly onTurn: (productId: number, isOn: boolean) => void;
}

/** Chooses the products of a member: all, some, or none. */
function ProductChoice({ products, chosen, errors, onEvery, onTurn }: ProductChoiceProps) {
  const { isEveryProduct, productIds } = chosen;
  return (
    <ChoiceGroup
      kind="radiogroup"
      id="allowed_service_ids"
      label="Products"
      hint={
        !isEveryProduct &&
        productIds.length === 0 &&
        "No product is selected, so the user can open no products, plans or applications"
      }
      errors={errors}
    >
      <Radio
        id="services_all"
        name="services"
        label="All products, including future ones"
        isValid={!errors}
        isChecked={isEveryProduct}
        onChange={() => onEvery(true)}
      />
      <Radio
        id="services_some"
        name="services"
        label="Only the selected products, with their plans and applications"
        isChecked={!isEveryProduct}
        onChange={() => onEvery(false)}
      />
      {!isEveryProduct &&
        products.map(({ id, name }) => (
          <Checkbox
            key={id}
            id={`service_${id}`}
            label={name}
            isChecked={productIds.includes(id)}
            onChange={(_, isOn) => onTurn(id, isOn)}
          />
        ))}
    </ChoiceGroup>
  );
}

type Sections = Permissions["allowed_sections"];

/** The edits. */
interface PermissionEdits {
  readonly sections?: SetEdits<Section>;
  readonly isEveryProduct?: boolean;
  readonly products?: SetEdits<number>;
}

interface EditedPermissions {
  readonly sections: Sections;
  /** True for all products, future ones included, whichever are selected. */
  readonly isEveryProduct: boolean;
  readonly productIds: readonly number[];
}

interface LoadedPermissions {
  readonly saved: Permissions;
  readonly products: readonly Pick<Product, "id">[];
}

/** Returns the saved permissions with the edits. Omits deleted products, which the API would reject. */
function editedPermissions({ saved, products }: LoadedPermissions, edits: PermissionEdits): EditedPermissions {
  const isThere = new Set(products.map(({ id }) => id));
  const ids = [...applySetEdits(saved.allowed_service_ids ?? [], edits.products)];
  return {
    sections: [...applySetEdits(saved.allowed_sections, edits.sections)],
    isEveryProduct: edits.isEveryProduct ?? saved.allowed_service_ids === null,
    productIds: ids.filter((id) => isThere.has(id)),
  };
}

/** Returns only the edited permissions, so that changes of another admin survive. */
function permissionsChange(loaded: LoadedPermissions, edits: PermissionEdits): Partial<Permissions> {
  const { sections, isEveryProduct, productIds } = editedPermissions(loaded, edits);
  const areProductsEdited = edits.isEveryProduct !== undefined || edits.products !== undefined;
  return {
    ...(edits.sections && { allowed_sections: sections }),
    ...(areProductsEdited && { allowed_service_ids: isEveryProduct ? null : [...productIds] }),
  };
}

const hasEdits = (edits: PermissionEdits): boolean => Object.keys(edits).length > 0;
