import type { ApplicationPlan } from "../../api/management/plan-queries.ts";
import type { Product } from "../../api/management/product-queries.ts";
import { SelectField } from "../form/select-field.tsx";
import { planOptions } from "../plans/plan-options.ts";

export interface PlanChoiceProps {
  /** None, until they are there; so with the plans. */
  readonly products: readonly Product[] | undefined;
  readonly product: Product | undefined;
  readonly plans: readonly ApplicationPlan[] | undefined;
  readonly planId: string;
  readonly errors: readonly string[] | undefined;
  readonly onProduct: (id: string) => void;
  readonly onPlan: (id: string) => void;
}

/** A product, and then one of its plans. */
export function PlanChoice({ products, product, plans, planId, errors, onProduct, onPlan }: PlanChoiceProps) {
  const plan = plans?.find(({ id }) => String(id) === planId);
  const hint =
    plans?.length === 0
      ? "This product has no plan: make one first"
      : plan?.approval_required && "It waits for approval then, as this plan requires";
  return (
    <>
      <SelectField
        id="product_id"
        label="Product"
        isRequired
        hint={products?.length === 0 && "There is no product yet: make one first"}
        value={product ? String(product.id) : ""}
        options={[
          ...(products?.length === 1 ? [] : [{ value: "", label: "Choose a product" }]),
          ...(products ?? []).map(({ id, name }) => ({ value: String(id), label: name })),
        ]}
        onChange={onProduct}
      />
      {product && (
        <SelectField
          id="plan_id"
          label="Plan"
          isRequired
          hint={hint}
          errors={errors}
          value={planId}
          options={planOptions(plans ?? [])}
          onChange={onPlan}
        />
      )}
    </>
  );
}
