import { hashPassword, type ProviderUser } from "#access/index.ts";
import { isFine, mergeErrors, type FieldErrors, type FieldInput } from "#portal/fields/index.ts";
import { judgeNames, judgePassword } from "#portal/users/index.ts";

interface Wanted {
  readonly username: string;
  readonly email: string | null;
  /** Undefined: none was given. */
  readonly password: string | undefined;
}

/** What an input says of a user's names and password; what it does not name is as it was. */
export function readWanted(values: FieldInput, before?: ProviderUser): Wanted {
  const text = (name: string): string | undefined => {
    const it = values[name];
    return typeof it === "string" ? it.trim() : undefined;
  };
  const email = text("email") ?? before?.email ?? "";
  return {
    username: text("username") ?? before?.username ?? "",
    email: email === "" ? null : email,
    password: typeof values["password"] === "string" && values["password"] !== "" ? values["password"] : undefined,
  };
}

interface Rules {
  readonly values: FieldInput;
  readonly passwordLengthMin: number;
  readonly isNew: boolean;
}

/** What is wrong with that, by itself. */
export function judgeWanted(wanted: Wanted, { values, passwordLengthMin, isNew }: Rules): FieldErrors {
  const confirmation = values["password_confirmation"];
  return mergeErrors(
    // Who has none so far need not say one to change something else.
    judgeNames({ ...wanted, email: wanted.email ?? (isNew || values["email"] !== undefined ? "" : null) }),
    { cas_identifier: values["cas_identifier"] ? ["is not supported"] : [] },
    judgePassword({
      password: wanted.password,
      confirmation: typeof confirmation === "string" ? confirmation : undefined,
      isRequired: false,
      lengthMin: passwordLengthMin,
    }),
  );
}

/** Hashed before the transaction opens, since it takes a while; and only if all else is fine. */
export const hashIfFine = async (
  errors: FieldErrors,
  { password, providerId }: { readonly password: string | undefined; readonly providerId: number },
): Promise<string | undefined> =>
  password !== undefined && isFine(errors) ? hashPassword(password, { providerId }) : undefined;

/** Which of the names somebody else among the provider's users has. */
export function takenAmong(users: readonly ProviderUser[], { username, email }: Wanted, id?: number): FieldErrors {
  const others = users.filter((user) => user.id !== id);
  const taken = "has already been taken";
  return {
    username: others.some((it) => isSame(it.username, username)) ? [taken] : [],
    email: email !== null && others.some((it) => it.email !== null && isSame(it.email, email)) ? [taken] : [],
  };
}

const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
