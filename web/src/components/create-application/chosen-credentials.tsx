import type { Values } from "../../api/management/management-client.ts";
import type { Product } from "../../api/management/product-queries.ts";
import { TextField } from "../form/text-field.tsx";
import { textOf } from "../form/text-of.ts";
import { credentialsOf } from "./application-draft.ts";

export interface ChosenCredentialsProps {
  readonly backendVersion: Product["backend_version"];
  readonly values: Values;
  readonly errors: Readonly<Record<string, readonly string[]>>;
  readonly onChange: (changed: Values) => void;
}

/** What the application proves with who it is, for those who bring it from elsewhere. */
export const ChosenCredentials = ({ backendVersion, values, errors, onChange }: ChosenCredentialsProps) =>
  credentialsOf[backendVersion].map(({ name, label }) => (
    <TextField
      key={name}
      id={name}
      label={label}
      hint={hintOf(name, backendVersion)}
      errors={errors[name]}
      value={textOf(values[name])}
      onChange={(typed) => onChange({ [name]: typed })}
    />
  ));

function hintOf(name: string, backendVersion: Product["backend_version"]): string {
  if (name === "redirect_url") return "May be left empty";
  const isOptional = name === "application_key" && backendVersion === "2";
  return isOptional ? "Left empty: a random one where the product wants one, else none" : "Left empty: a random one";
}
