import type { FormEvent } from "react";

import { useManagement } from "../../api/management/management-context.ts";
import type { Settings } from "../../api/management/settings-queries.ts";
import { useRenewSession } from "../../api/session-context.ts";
import { textOf } from "../../components/form/text-of.ts";
import { useChange } from "../../components/use-change.ts";
import { useTyped } from "../../components/use-typed.ts";

/** The settings that are changed here, and how they get there. Only what was changed is sent. */
export function useSettingsForm(saved: Settings) {
  const api = useManagement();
  const renewSession = useRenewSession();
  const { values, typed, change, forget } = useTyped(saved);
  const { mutate, isPending, errors, reset, take } = useChange({
    change: () => api.change("settings", typed),
    stale: [["settings"], ["plans"]],
    done: "The settings were changed",
    failed: "The settings could not be changed",
    fields: Object.keys(values),
    // Which pages are open, in which zone their times are, and what a password needs: all that may have changed.
    onDone: async () => {
      forget();
      await renewSession();
    },
  });
  return {
    values,
    change,
    errors,
    /** A field of text or a choice. */
    field: (id: string) => ({
      id,
      value: textOf(values[id]),
      errors: errors[id],
      onChange: (value: string) => change({ [id]: value }),
    }),
    /** Something that is or is not so. */
    toggle: (id: string) => ({ id, isOn: values[id] === true, onChange: (isOn: boolean) => change({ [id]: isOn }) }),
    isChanged: typed !== undefined,
    isSaving: isPending,
    submit: (event: FormEvent): void => {
      take(event);
      if (typed) mutate(undefined);
    },
    discard: (): void => {
      forget();
      reset();
    },
  };
}

/** What a part of the form gets. */
export type SettingsFormState = ReturnType<typeof useSettingsForm>;
