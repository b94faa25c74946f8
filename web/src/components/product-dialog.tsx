import { useNavigate } from "@tanstack/react-router";

import { useManagement } from "../api/management/management-context.ts";
import type { Product } from "../api/management/product-queries.ts";
import { FormDialog } from "./form/form-dialog.tsx";
import { SelectField } from "./form/select-field.tsx";
import { TextField } from "./form/text-field.tsx";
import { useDialogForm } from "./form/use-dialog-form.ts";
import { credentialsName } from "./product-credentials.ts";
import { ProductRules } from "./product-rules.tsx";

export interface ProductDialogProps {
  /** None: a new one is made. */
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
