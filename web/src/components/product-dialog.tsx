import { useNavigate } from "@tanstack/react-router";

import { useManagement } from "../api/management/management-context.ts";
import type { Product } from "../api/management/product-queries.ts";
import { FormDialog } from "./form/form-dialog.tsx";
import { SelectField } from "./form/select-field.tsx";
import { textOf } from "./form/text-of.ts";
import { TextField } from "./form/text-field.tsx";
import { credentialsName } from "./product-credentials.ts";
import { useChange } from "./use-change.ts";
import { useTyped } from "./use-typed.ts";

export interface ProductDialogProps {
  /** None: a new one is made. */
  readonly product?: Product;
  readonly onClose: () => void;
}

const fields = ["name", "description", "backend_version"] as const;

export function ProductDialog({ product, onClose }: ProductDialogProps) {
  const api = useManagement();
  const navigate = useNavigate();
  const { values, typed, change } = useTyped({ ...(product ?? { name: "", description: "", backend_version: "1" }) });
  const { mutate, isPending, errors } = useChange({
    change: () =>
      product
        ? api.change<{ service: Product }>(`services/${product.id}`, typed)
        : api.create<{ service: Product }>("services", typed),
    stale: [["products"], ["applications"]],
    done: product ? "The product was changed" : "The product was created",
    failed: product ? "The product could not be changed" : "The product could not be created",
    fields,
    onDone: async ({ service: { id } }) => {
      onClose();
      if (!product) await navigate({ to: "/products/$id", params: { id: String(id) } });
    },
  });
  const field = (id: (typeof fields)[number]) => ({
    id,
    value: textOf(values[id]),
    errors: errors[id],
    onChange: (value: string) => change({ [id]: value }),
  });
  return (
    <FormDialog
      title={product ? `Edit ${product.name}` : "Create a product"}
      submit={product ? "Save" : "Create"}
      isBusy={isPending}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      <TextField {...field("name")} label="Name" isRequired />
      <TextField {...field("description")} label="Description" />
      <SelectField
        {...field("backend_version")}
        label="Applications prove who they are with"
        options={Object.entries(credentialsName).map(([value, label]) => ({ value, label }))}
      />
    </FormDialog>
  );
}
