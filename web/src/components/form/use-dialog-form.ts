import type { Values } from "../../api/management/management-client.ts";
import { useChange, type ChangeOptions } from "../use-change.ts";
import { useTyped } from "../use-typed.ts";
import { textOf } from "./text-of.ts";

interface DialogFormOptions<Name extends string, Done> extends Omit<
  ChangeOptions<undefined, Done>,
  "change" | "fields"
> {
  /** What the fields show until something is typed. */
  readonly saved: Values;
  readonly fields: readonly Name[];
  /** Is given what was typed, and nothing else. */
  readonly change: (typed: Values) => Promise<Done>;
  readonly onClose: () => void;
}

/** The form of a dialog: its fields by their names, and what `FormDialog` needs to submit and to close it. */
export function useDialogForm<Name extends string, Done>(options: DialogFormOptions<Name, Done>) {
  const { saved, change, onClose, ...rest } = options;
  const { values, typed, change: type } = useTyped(saved);
  const { mutate, isPending, errors } = useChange({ ...rest, change: () => change(typed ?? {}) });
  return {
    values,
    type,
    field: (id: Name) => ({
      id,
      value: textOf(values[id]),
      errors: errors[id],
      onChange: (value: string) => type({ [id]: value }),
    }),
    // The API takes a change of nothing for a mistake.
    dialog: { isBusy: isPending, isDisabled: !typed, onSubmit: () => mutate(undefined), onClose },
  };
}
