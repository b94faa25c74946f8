import { FormSection } from "@patternfly/react-core";
import { useNavigate } from "@tanstack/react-router";
import { useManagement } from "../api/management-client.ts";
import type { Product } from "../api/products.ts";
import { SelectField, type SelectFieldProps, SwitchField, type SwitchFieldProps, TextField } from "./form/fields.tsx";
import { FormDialog } from "./form/form-dialog.tsx";
import { useDialogForm } from "./form/use-change.ts";
import { planPermissions } from "./plans/plan-change.tsx";

export interface ProductDialogProps {
  /** Without it, the dialog creates a product. */
  readonly product?: Product;
  readonly onClose: () => void;
}

const fields = ["name", "description", "backend_version", "buyer_plan_change_permission"] as const;

export function ProductDialog({ product, onClose }: ProductDialogProps) {
  const api = useManagement();
  const navigate = useNavigate();
  const { field, dialog, values, type } = useDialogForm({
    saved: { ...(product ?? { name: "", description: "", backend_version: "1" }) },
    fields,
    change: (typed) =>
      product
        ? api.change<{ service: Product }>(`services/${product.id}`, typed)
        : api.create<{ service: Product }>("services", typed),
    stale: [["products"], ["applications"]],
    done: product ? "The product was changed" : "The product was created",
    failed: product ? "The product could not be changed" : "The product could not be created",
    onDone: async ({ service: { id } }) => {
      onClose();
      if (!product) await navigate({ to: "/products/$id", params: { id: String(id) } });
    },
    onClose,
  });
  return (
    <FormDialog
      title={product ? `Edit ${product.name}` : "Create a product"}
      {...(!product && { description: "What its developers may do can be decided once it is there." })}
      submit={product ? "Save" : "Create"}
      {...dialog}
    >
      <TextField {...field("name")} label="Name" isRequired />
      <TextField {...field("description")} label="Description" />
      <SelectField
        {...field("backend_version")}
        label="Applications prove who they are with"
        options={Object.entries(credentialsName).map(([value, label]) => ({ value, label }))}
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
    <FormSection title="Applications" titleElement="h3">
      <SwitchField
        {...toggle("buyers_manage_apps")}
        label="Developers create, edit and delete applications"
        hint="Off: only you do"
      />
      <SwitchField
        {...toggle("buyer_can_select_plan")}
        label="Developers choose the plan of a new application"
        hint="Of all that are published. Off: it comes to the default plan"
      />
      <SelectField
        {...permission}
        label="Changing the plan of an application"
        hint="What developers may do about it"
        options={planPermissions}
      />
    </FormSection>
    <FormSection title="Keys" titleElement="h3">
      <SwitchField
        {...toggle("buyer_key_regenerate_enabled")}
        label="Developers replace their user key"
        hint="Where applications prove who they are with one"
      />
      <SwitchField
        {...toggle("buyers_manage_keys")}
        label="Developers add, replace and delete application keys"
        hint="Where there is an application id; so with the next two"
      />
      <SwitchField
        {...toggle("custom_keys_enabled")}
        label="Developers choose what a key is"
        hint="Off: Bellwire makes one that nobody can guess"
      />
      <SwitchField
        {...toggle("mandatory_app_key")}
        label="An application has a key at all times"
        hint="It comes with one, and nobody deletes its last one in a portal"
      />
    </FormSection>
    <FormSection title="Referrers" titleElement="h3">
      <SwitchField
        {...toggle("referrer_filters_required")}
        label="Applications name the sites that they are called from"
        hint="Developers keep the list. It is part of an application's document"
      />
    </FormSection>
  </>
);

export const credentialsName: Readonly<Record<Product["backend_version"], string>> = {
  "1": "A user key",
  "2": "An application id and keys",
  oauth: "OAuth",
  oidc: "OpenID Connect",
};
