import { isXmlText } from "#platform/document/xml-text.ts";
import type { FieldErrors } from "#portal/fields/index.ts";

const usernameLengthMin = 3;
const usernameLengthMax = 40;
const emailLengthMin = 6;
const emailLengthMax = 255;

const usernameSigns = /^[A-Za-z0-9.\-_@+]*$/;
const emailShape = /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)*$/;

/** What is wrong with the names that a user is to have. */
export function judgeNames({ username, email }: { username: string; email: string | null }): FieldErrors {
  const wrongName: string[] = [];
  if (username.length < usernameLengthMin) wrongName.push(`is too short (minimum is ${usernameLengthMin} characters)`);
  if (username.length > usernameLengthMax) wrongName.push(`is too long (maximum is ${usernameLengthMax} characters)`);
  if (!usernameSigns.test(username)) wrongName.push("use only letters, digits and .-_@+ please");
  return { username: wrongName, email: email === null ? [] : judgeEmail(email) };
}

/** What is wrong with an e-mail address. */
export function judgeEmail(email: string): readonly string[] {
  const wrong: string[] = [];
  if (email.length < emailLengthMin) wrong.push(`is too short (minimum is ${emailLengthMin} characters)`);
  if (email.length > emailLengthMax) wrong.push(`is too long (maximum is ${emailLengthMax} characters)`);
  if (!emailShape.test(email) || !isXmlText(email)) wrong.push("should look like an email address");
  return wrong;
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
