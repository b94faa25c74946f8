import { FormSection } from "@patternfly/react-core";

import type { Product } from "../api/management/product-queries.ts";
import { SelectField, type SelectFieldProps } from "./form/select-field.tsx";
import { SwitchField, type SwitchFieldProps } from "./form/switch-field.tsx";
import { planPermissions } from "./plans/plan-permissions.ts";

export interface ProductRulesProps {
  readonly toggle: (rule: keyof Product) => Pick<SwitchFieldProps, "id" | "isOn" | "onChange">;
  readonly permission: Pick<SelectFieldProps<string>, "id" | "value" | "errors" | "onChange">;
}

/** What developers may do with their applications of a product, and what those must have. */
export const ProductRules = ({ toggle, permission }: ProductRulesProps) => (
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
