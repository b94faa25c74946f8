import { Checkbox, Radio } from "@patternfly/react-core";

import type { Product } from "../../api/management/product-queries.ts";
import { ChoiceGroup } from "../../components/form/choice-group.tsx";
import { switched, type Touched } from "./permissions-draft.ts";

export interface ProductChoiceProps {
  readonly products: readonly Product[];
  readonly chosen: Required<Touched>;
  readonly errors: readonly string[] | undefined;
  readonly onChange: (touched: Touched) => void;
}

/** The products that a member looks after: every one, some, or none. */
export function ProductChoice({ products, chosen, errors, onChange }: ProductChoiceProps) {
  const { isEveryProduct, productIds } = chosen;
  return (
    <ChoiceGroup
      kind="radiogroup"
      id="allowed_service_ids"
      label="Products"
      hint={!isEveryProduct && productIds.length === 0 && "None is ticked: no product, no plan and no application"}
      errors={errors}
    >
      <Radio
        id="services_all"
        name="services"
        label="All, also those that are still to come"
        isValid={!errors}
        isChecked={isEveryProduct}
        onChange={() => onChange({ isEveryProduct: true })}
      />
      <Radio
        id="services_some"
        name="services"
        label="Only those that are ticked, with their plans and applications"
        isChecked={!isEveryProduct}
        onChange={() => onChange({ isEveryProduct: false })}
      />
      {!isEveryProduct &&
        products.map(({ id, name }) => (
          <Checkbox
            key={id}
            id={`service_${id}`}
            label={name}
            isChecked={productIds.includes(id)}
            onChange={(_, isOn) => onChange({ productIds: switched(productIds, id, isOn) })}
          />
        ))}
    </ChoiceGroup>
  );
}
