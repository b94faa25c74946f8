import type { FormEvent } from "react";

import { useManagement } from "../../api/management/management-context.ts";
import type { Values } from "../../api/management/management-client.ts";
import { useRenewSession } from "../../api/session-context.ts";
import { textOf } from "../../components/form/text-of.ts";
import { useChange } from "../../components/use-change.ts";
import { useTyped } from "../../components/use-typed.ts";

interface OwnChange<Name extends string> {
  readonly userId: number;
  readonly saved: Values;
  readonly fields: readonly Name[];
  readonly done: string;
  readonly failed: string;
}

/** A form by which somebody changes what is their own. */
export function useOwnChange<Name extends string>({ userId, saved, fields, done, failed }: OwnChange<Name>) {
  const api = useManagement();
  const renewSession = useRenewSession();
  const { values, typed, change, forget } = useTyped(saved);
  const { mutate, isPending, errors, take } = useChange({
    change: () => api.change(`users/${userId}`, typed),
    stale: [["team"]],
    done,
    failed,
    fields,
    onDone: async () => {
      forget();
      await renewSession();
    },
  });
  return {
    field: (id: Name) => ({
      id,
      value: textOf(values[id]),
      errors: errors[id],
      onChange: (value: string) => change({ [id]: value }),
    }),
    submit: (event: FormEvent): void => {
      take(event);
      mutate(undefined);
    },
    isBusy: isPending,
    isUntouched: !typed,
  };
}
