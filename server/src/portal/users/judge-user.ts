import { emailErrors, type FieldErrors } from "#portal/fields/index.ts";

const usernameLengthMin = 3;
const usernameLengthMax = 40;

const usernameSigns = /^[A-Za-z0-9.\-_@+]*$/;

/** What is wrong with the names that a user is to have. */
export function judgeNames({ username, email }: { username: string; email: string | null }): FieldErrors {
  const wrongName: string[] = [];
  if (username.length < usernameLengthMin) wrongName.push(`is too short (minimum is ${usernameLengthMin} characters)`);
  if (username.length > usernameLengthMax) wrongName.push(`is too long (maximum is ${usernameLengthMax} characters)`);
  if (!usernameSigns.test(username)) wrongName.push("use only letters, numbers, and .-_@+ please.");
  return { username: wrongName, email: email === null ? [] : emailErrors(email) };
}

interface NewPassword {
  readonly password: string | undefined;
  /** Undefined when it was not asked for. */
  readonly confirmation: string | undefined;
  readonly isRequired: boolean;
  readonly lengthMin: number;
}

/** What is wrong with the password that somebody wants. */
export function judgePassword({ password, confirmation, isRequired, lengthMin }: NewPassword): FieldErrors {
  if (password === undefined || password === "") return isRequired ? { password: ["can't be blank"] } : {};
  return {
    password: password.length < lengthMin ? [`is too short (minimum is ${lengthMin} characters)`] : [],
    password_confirmation: confirmation !== undefined && confirmation !== password ? ["doesn't match Password"] : [],
  };
}
