import type { Pool } from "#platform/database/database.ts";
import {
  type FieldErrors,
  type FieldInput,
  type FieldValues,
  errorsOf,
  hasNoErrors,
  mergeErrors,
  parseText,
} from "#portal/fields/index.ts";
import { type AccountChange, type AccountOutcome, changeAccount } from "./change-account.ts";

interface CreditCardUpdate extends AccountChange {
  /**
   * Unparsed: the payment gateway's reference to a card, never the card itself, and the billing address in
   * `billing_address_name` and so on.
   */
  readonly values: FieldInput;
}

/**
 * Stores the reference to an account's credit card and its billing address, replacing the previous ones. The address is
 * stored even if the provider has not defined the field, and appears once it does.
 */
export const updateCreditCard = (
  pool: Pool,
  { values, ...change }: CreditCardUpdate,
): Promise<AccountOutcome | undefined> =>
  changeAccount(pool, change, (before) => {
    const { card, address, errors } = parseCard(values);
    if (!hasNoErrors(errors)) return { refused: errors };
    return { ...before, ...card, fields: { ...before.fields, billing_address: address } };
  });

/** Deletes the account's credit card reference and billing address. */
export const deleteCreditCard = (pool: Pool, change: AccountChange): Promise<AccountOutcome | undefined> =>
  changeAccount(pool, change, (before) => {
    const { billing_address: _, ...fields } = before.fields;
    return { ...before, fields, creditCardToken: null, creditCardPartialNumber: null, creditCardExpiresOn: null };
  });

/** In the order of validation, with the columns that 3scale names in error messages. */
const requiredCardFields = [
  ["credit_card_token", "credit_card_auth_code"],
  ["billing_address_name", "billing_address_name"],
  ["billing_address_address", "billing_address_address1"],
  ["billing_address_city", "billing_address_city"],
  ["billing_address_country", "billing_address_country"],
  ["credit_card_expiration_month", "credit_card_expires_on"],
  ["credit_card_expiration_year", "credit_card_expires_on"],
] as const;

interface ParsedCard {
  readonly card: {
    readonly creditCardToken: string;
    readonly creditCardPartialNumber: string | null;
    readonly creditCardExpiresOn: string;
  };
  /** The value of the field `billing_address`. */
  readonly address: FieldValues[string];
  readonly errors: FieldErrors;
}

/** Parses a card. Reports the first missing value, or else all errors. */
function parseCard(values: FieldInput): ParsedCard {
  const read = {
    credit_card_token: parseText(values, "credit_card_token"),
    credit_card_partial_number: parseText(values, "credit_card_partial_number"),
    credit_card_expiration_month: parseText(values, "credit_card_expiration_month"),
    credit_card_expiration_year: parseText(values, "credit_card_expiration_year"),
    billing_address_name: parseText(values, "billing_address_name"),
    billing_address_address: parseText(values, "billing_address_address"),
    billing_address_city: parseText(values, "billing_address_city"),
    billing_address_country: parseText(values, "billing_address_country"),
    billing_address_state: parseText(values, "billing_address_state"),
    billing_address_phone: parseText(values, "billing_address_phone"),
    billing_address_zip: parseText(values, "billing_address_zip"),
  };
  const text = (name: keyof typeof read): string => read[name].value ?? "";
  const [, missing] = requiredCardFields.find(([name]) => text(name) === "" && read[name].wrong.length === 0) ?? [];
  const [month, year] = [text("credit_card_expiration_month"), text("credit_card_expiration_year")];
  const partialNumber = text("credit_card_partial_number");
  const parts = {
    company: text("billing_address_name"),
    address1: text("billing_address_address"),
    phone_number: text("billing_address_phone"),
    city: text("billing_address_city"),
    country: text("billing_address_country"),
    state: text("billing_address_state"),
    zip: text("billing_address_zip"),
  };
  return {
    card: {
      creditCardToken: text("credit_card_token"),
      creditCardPartialNumber: partialNumber || null,
      creditCardExpiresOn: `${year.length === 2 ? `20${year}` : year}-${month.padStart(2, "0")}-01`,
    },
    address: Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== "")),
    errors:
      missing === undefined
        ? mergeErrors(errorsOf(read), {
            credit_card_expires_on: /^(0?[1-9]|1[0-2])$/.test(month) && /^(20)?\d\d$/.test(year) ? [] : ["invalid"],
            credit_card_partial_number: /^\d{0,4}$/.test(partialNumber) ? [] : ["must be the final 4 digits only"],
          })
        : { [missing]: ["invalid"] },
  };
}
