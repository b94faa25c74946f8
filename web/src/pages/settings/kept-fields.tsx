import { SelectField } from "../../components/form/select-field.tsx";
import { SwitchField } from "../../components/form/switch-field.tsx";
import { planPermissions } from "../../components/plans/plan-permissions.ts";
import type { SettingsFormState } from "./use-settings-form.ts";

export function KeptFields({ form: { field, toggle } }: { form: SettingsFormState }) {
  return (
    <>
      <SwitchField {...toggle("account_plans_ui_visible")} label="Account plans are shown" />
      <SwitchField {...toggle("service_plans_ui_visible")} label="Service plans are shown" />
      <SwitchField {...toggle("hide_service")} label="Products are hidden" />
      <SwitchField {...toggle("public_search")} label="The search is open to everybody" />
      <SwitchField {...toggle("enforce_sso")} label="Your team signs in by single sign-on alone" />
      <SelectField
        {...field("change_service_plan_permission")}
        label="Changing the plan of a subscription to a product"
        options={planPermissions}
      />
    </>
  );
}
