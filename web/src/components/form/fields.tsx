import {
  ActionGroup,
  Button,
  Checkbox,
  FormGroup,
  FormHelperText,
  FormSelect,
  FormSelectOption,
  HelperText,
  HelperTextItem,
  TextArea,
  TextInput,
  type TextInputProps,
} from "@patternfly/react-core";
import type { ReactNode } from "react";
import { useSession } from "../../api/session.tsx";
import { LeaveQuestion } from "./form-dialog.tsx";

interface FieldProps {
  readonly id: string;
  /** The API's name of the field, if it differs from the id. */
  readonly name?: string;
  readonly label: string;
  readonly hint?: ReactNode;
  /** Error messages for the value. */
  readonly errors?: readonly string[] | undefined;
  readonly isRequired?: boolean;
  readonly children: ReactNode;
}

/** Returns the id of the text that describes a control. */
export const hintId = (id: string): string => `${id}-hint`;

const none: readonly string[] = [];

/** A control with its label above, and its errors and hint below. */
function Field({ id, label, hint, errors, isRequired = false, children }: FieldProps) {
  return (
    <FormGroup label={label} fieldId={id} isRequired={isRequired}>
      {children}
      <FieldHint id={id} hint={hint} errors={errors} />
    </FormGroup>
  );
}

/** Returns the properties that the control of each field has. */
const controlOf = ({ id, name = id, errors, isRequired = false }: Omit<FieldProps, "children">) =>
  ({
    id,
    name,
    isRequired,
    validated: errors?.length ? "error" : "default",
    "aria-describedby": hintId(id),
  }) as const;

/** The errors and the hint of a field, for screen readers too. */
export const FieldHint = ({ id, hint, errors = none }: Pick<FieldProps, "id" | "hint" | "errors">) => (
  <FormHelperText>
    <HelperText id={hintId(id)} isLiveRegion>
      {errors.map((error) => (
        <HelperTextItem key={error} variant="error">
          {error}
        </HelperTextItem>
      ))}
      {hint && <HelperTextItem>{hint}</HelperTextItem>}
    </HelperText>
  </FormHelperText>
);

export interface TextFieldProps extends Omit<FieldProps, "children"> {
  readonly value: string;
  readonly onChange: (typed: string) => void;
  /**
   * More properties of the input: `type`, `min`, `autoComplete`, … Without `maxLength`: a browser cuts off the rest of a pasted text without
   * a word, but the server says what is too long.
   */
  readonly input?: Omit<TextInputProps, "id" | "value" | "onChange" | "ref" | "maxLength">;
}

export function TextField({ value, onChange, input, ...field }: TextFieldProps) {
  return (
    <Field {...field}>
      <TextInput
        autoComplete="off"
        {...input}
        {...controlOf(field)}
        value={value}
        onChange={(_, typed) => onChange(typed)}
      />
    </Field>
  );
}

export interface TextAreaFieldProps extends Omit<FieldProps, "children"> {
  readonly value: string;
  readonly onChange: (typed: string) => void;
}

/** An input for several lines. */
export const TextAreaField = ({ value, onChange, ...field }: TextAreaFieldProps) => (
  <Field {...field}>
    <TextArea
      {...controlOf(field)}
      value={value}
      resizeOrientation="vertical"
      autoResize
      onChange={(_, typed) => onChange(typed)}
    />
  </Field>
);

export interface NewPasswordFieldProps extends Omit<TextFieldProps, "hint" | "input"> {
  /** More advice besides the length rule. */
  readonly note?: string;
}

/** An input for a new password that states the length rule in advance. */
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

/** Asks users for their password. Those who sign in without one read what proves a change instead. */
export const CurrentPasswordField = (field: Omit<TextFieldProps, "label" | "name" | "isRequired" | "input">) =>
  useSession().signsInWithPassword ? (
    <TextField
      {...field}
      name="current_password"
      label="Current password"
      isRequired
      input={{ type: "password", autoComplete: "current-password" }}
    />
  ) : (
    <HelperText>
      <HelperTextItem>
        You sign in without a password. Changes are possible within 10 minutes after you have signed in
      </HelperTextItem>
    </HelperText>
  );

export interface SelectFieldProps<Value extends string> extends Omit<FieldProps, "children"> {
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly onChange: (chosen: Value) => void;
}

export function SelectField<Value extends string>({ value, options, onChange, ...field }: SelectFieldProps<Value>) {
  const choose = (chosen: string): void => {
    const option = options.find((each) => each.value === chosen);
    if (option) onChange(option.value);
  };
  return (
    <Field {...field}>
      <FormSelect {...controlOf(field)} value={value} onChange={(_, chosen) => choose(chosen)}>
        {options.map((option) => (
          <FormSelectOption key={option.value} value={option.value} label={option.label} />
        ))}
      </FormSelect>
    </Field>
  );
}

export interface ChoiceGroupProps extends Omit<FieldProps, "isRequired"> {
  /** `radiogroup` for one choice, `group` for several. */
  readonly kind: "radiogroup" | "group";
  readonly children: ReactNode;
}

/** A group of choices with its errors and hint below. */
export const ChoiceGroup = ({ id, kind, label, hint, errors, children }: ChoiceGroupProps) => (
  <FormGroup role={kind} label={label} fieldId={id} isStack aria-describedby={hintId(id)}>
    {children}
    <FieldHint id={id} hint={hint} errors={errors} />
  </FormGroup>
);

export interface SwitchFieldProps {
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}

/** A setting that is on or off, with an explanation below. */
export const SwitchField = ({ id, label, hint, isOn, onChange }: SwitchFieldProps) => (
  <Checkbox
    id={id}
    name={id}
    label={label}
    description={hint}
    isChecked={isOn}
    onChange={(_, isChecked) => onChange(isChecked)}
  />
);

export interface SaveBarProps {
  readonly save: string;
  readonly isSaving: boolean;
  /** True while the form has edits that are not saved. */
  readonly hasEdits: boolean;
  /** Without it, edits cannot be discarded: there is nothing saved to return to. */
  readonly onDiscard?: () => void;
  readonly children?: ReactNode;
}

/** The buttons of a long form, which stay visible while the form scrolls. The page is not left without its edits by mistake. */
export function SaveBar({ save, isSaving, hasEdits, onDiscard, children }: SaveBarProps) {
  return (
    <ActionGroup className="bellwire-save-bar">
      {/* A disabled button would lose the focus, here and in all others that start a request. */}
      <Button type="submit" isLoading={isSaving} isAriaDisabled={isSaving}>
        {save}
      </Button>
      {hasEdits && onDiscard && (
        <Button variant="link" onClick={onDiscard}>
          Discard changes
        </Button>
      )}
      {children}
      {hasEdits && !isSaving && <LeaveQuestion />}
    </ActionGroup>
  );
}
