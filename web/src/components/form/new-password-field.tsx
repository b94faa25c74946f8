import { useSession } from "../../api/session-context.ts";
import { TextField, type TextFieldProps } from "./text-field.tsx";

export interface NewPasswordFieldProps extends Omit<TextFieldProps, "hint" | "input"> {
  /** What to know besides the rule. */
  readonly note?: string;
}

/** For a password that is chosen: the rule is told before one is typed. */
export function NewPasswordField({ note, ...field }: NewPasswordFieldProps) {
  const rule = `${useSession().passwordLengthMin} characters or more`;
  return (
    <TextField
      {...field}
      hint={note ? `${rule}. ${note}` : rule}
      input={{ type: "password", autoComplete: "new-password" }}
    />
  );
}
