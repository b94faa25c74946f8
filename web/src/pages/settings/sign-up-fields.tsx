import { SelectField } from "../../components/form/select-field.tsx";
import { SwitchField } from "../../components/form/switch-field.tsx";
import { TextField } from "../../components/form/text-field.tsx";
import type { SettingsFormState } from "./use-settings-form.ts";

const activations = [
  { value: "", label: "When mail can be sent" },
  { value: "true", label: "Always" },
  { value: "false", label: "Never" },
] as const;

type Activation = (typeof activations)[number]["value"];

const meant: Readonly<Record<Activation, boolean | null>> = { "": null, true: true, false: false };

const activationOf = (value: unknown): Activation => activations.find((it) => meant[it.value] === value)?.value ?? "";

export function SignUpFields({ form: { field, toggle, values, errors, change } }: { form: SettingsFormState }) {
  return (
    <>
      <SwitchField
        {...toggle("signups_enabled")}
        label="Developers can sign up"
        hint="Off: the form is closed, and only you create accounts, here or by the API"
      />
      <SwitchField
        {...toggle("account_approval_required")}
        label="New accounts wait until you approve them"
        hint="Of the default account plan. Off: whoever has signed up can begin"
      />
      <SelectField
        id="email_activation"
        label="A new developer opens the link in a mail first"
        hint="Until then the account does not count. While no mail server is set, such mails wait on the page Mails"
        errors={errors["email_activation"]}
        value={activationOf(values["email_activation"])}
        options={activations}
        onChange={(chosen) => change({ email_activation: meant[chosen] })}
      />
      <TextField
        {...field("password_length_min")}
        label="Characters of a password, at least"
        hint="Of developers and of your team, from 8 to 100. Passwords that are there already stay valid"
        input={{ type: "number", min: 8, max: 100 }}
      />
    </>
  );
}
