import { FormSection } from "@patternfly/react-core";
import { useNavigate } from "@tanstack/react-router";
import { useManagement } from "../api/management-client.ts";
import type { Product } from "../api/products.ts";
import { SelectField, type SelectFieldProps, SwitchField, type SwitchFieldProps, TextField } from "./form/fields.tsx";
import { FormDialog } from "./form/form-dialog.tsx";
import { useDialogForm } from "./form/use-change.ts";
import { planPermissions } from "./plans/plan-change.tsx";
import { nameInText } from "./words.ts";

export interface ProductDialogProps {
  /** Without it, the dialog creates a product. */
  readonly product?: Product;
  readonly onClose: () => void;
}

const fields = ["name", "description", "backend_version", "buyer_plan_change_permission"] as const;

export function ProductDialog({ product, onClose }: ProductDialogProps) {
  const api = useManagement();
  const navigate = useNavigate();
  const path = product && `services/${product.id}`;
  const { field, dialog, values, type } = useDialogForm({
    saved: { ...(product ?? { name: "", description: "", backend_version: "1" }) },
    fields,
    path,
    change: (typed) =>
      path ? api.update<{ service: Product }>(path, typed) : api.create<{ service: Product }>("services", typed),
    stale: [["products"], ["applications"]],
    done: product ? "The product was updated" : "The product was created",
    failed: product ? "The product could not be updated" : "The product could not be created",
    leave: async ({ service: { id } }) => {
      onClose();
      if (!product) await navigate({ to: "/products/$id", params: { id: String(id) }, ignoreBlocker: true });
    },
    onClose,
  });
  return (
    <FormDialog
      title={product ? `Edit ${nameInText(product.name)}` : "Create a product"}
      {...(!product && { description: "You can choose the rights of developers after creating the product." })}
      submit={product ? "Save" : "Create"}
      {...dialog}
    >
      <TextField {...field("name")} label="Name" isRequired />
      <TextField {...field("description")} label="Description" />
      <SelectField
        {...field("backend_version")}
        label="Authentication"
        options={Object.entries(authenticationNames).map(([value, label]) => ({ value, label }))}
      />
      {product && (
        <ProductRules
          toggle={(id) => ({ id, isOn: values[id] === true, onChange: (isOn) => type({ [id]: isOn }) })}
          permission={field("buyer_plan_change_permission")}
        />
      )}
    </FormDialog>
  );
}

export interface ProductRulesProps {
  readonly toggle: (rule: keyof Product) => Pick<SwitchFieldProps, "id" | "isOn" | "onChange">;
  readonly permission: Pick<SelectFieldProps<string>, "id" | "value" | "errors" | "onChange">;
}

/** The rights of developers over their applications of a product, and the rules for these. */
const ProductRules = ({ toggle, permission }: ProductRulesProps) => (
  <>
    <FormSection title="Applications" titleElement="h2">
      <SwitchField
        {...toggle("buyers_manage_apps")}
        label="Developers create, edit and delete applications"
        hint="If off, only you do"
      />
      <SwitchField
        {...toggle("buyer_can_select_plan")}
        label="Developers choose the plan of a new application"
        hint="Any published plan. If off, it gets the default plan"
      />
      <SelectField
        {...permission}
        label="Changing the plan of an application"
        hint="The rights of developers"
        options={planPermissions}
      />
    </FormSection>
    <FormSection title="Keys" titleElement="h2">
      <SwitchField
        {...toggle("buyer_key_regenerate_enabled")}
        label="Developers replace their user key"
        hint="For applications with a user key"
      />
      <SwitchField
        {...toggle("buyers_manage_keys")}
        label="Developers add, replace and delete application keys"
        hint="For applications with an application id. This also applies to the next two"
      />
      <SwitchField
        {...toggle("custom_keys_enabled")}
        label="Developers choose the value of a key"
        hint="If off, Bellwire generates a random key"
      />
      <SwitchField
        {...toggle("mandatory_app_key")}
        label="An application always has a key"
        hint="New applications get one, and its last key cannot be deleted in a portal"
      />
    </FormSection>
    <FormSection title="Referrers" titleElement="h2">
      <SwitchField
        {...toggle("referrer_filters_required")}
        label="Applications list the sites that call from them"
        hint="Developers maintain the list, which webhooks include"
      />
    </FormSection>
  </>
);

export const authenticationNames: Readonly<Record<Product["backend_version"], string>> = {
  "1": "User key",
  "2": "Application id and keys",
  oauth: "OAuth",
  oidc: "OpenID Connect",
};
