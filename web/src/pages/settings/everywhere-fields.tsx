import { maySwitchWebhooks } from "../../api/session.ts";
import { useSession } from "../../api/session-context.ts";
import { SelectField } from "../../components/form/select-field.tsx";
import { textOf } from "../../components/form/text-of.ts";
import type { SettingsFormState } from "./use-settings-form.ts";

const webHooks = [
  { value: "visible", label: "Allowed" },
  { value: "hidden", label: "Allowed, and called hidden towards programs" },
  { value: "denied", label: "Denied" },
] as const;

/** Those that this browser knows, and the one that is saved, which it may not know. */
function timeZonesWith(saved: string): { value: string; label: string }[] {
  const names = new Set(["UTC", saved, ...Intl.supportedValuesOf("timeZone")]);
  return [...names].filter(Boolean).map((name) => ({ value: name, label: name.replaceAll("_", " ") }));
}

export function EverywhereFields({ form: { field, values } }: { form: SettingsFormState }) {
  const maySwitch = maySwitchWebhooks(useSession());
  return (
    <>
      <SelectField
        {...field("time_zone")}
        label="Time zone"
        hint="Times on these pages, in the answers of the API and in webhooks are written in it"
        options={timeZonesWith(textOf(values["time_zone"]))}
      />
      {maySwitch && (
        <SelectField
          {...field("web_hooks")}
          label="Webhooks"
          hint="Denied: their pages are closed, and what happens meanwhile is recorded and not sent"
          options={webHooks}
        />
      )}
    </>
  );
}
