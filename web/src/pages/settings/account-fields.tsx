import { SelectField } from "../../components/form/select-field.tsx";
import { SwitchField } from "../../components/form/switch-field.tsx";
import { planPermissions } from "../../components/plans/plan-permissions.ts";
import type { SettingsFormState } from "./use-settings-form.ts";

export function AccountFields({ form: { field, toggle } }: { form: SettingsFormState }) {
  return (
    <>
      <SwitchField
        {...toggle("useraccountarea_enabled")}
        label="Developers edit their account"
        hint="Off: they see it, and only you change it"
      />
      <SelectField
        {...field("change_account_plan_permission")}
        label="Changing the account plan"
        hint="What developers may do about the plan that their account is on"
        options={planPermissions}
      />
    </>
  );
}
