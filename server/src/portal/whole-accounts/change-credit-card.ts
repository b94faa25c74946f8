import type { Pool } from "#platform/database/database.ts";
import { isFine, mergeErrors, type FieldErrors, type FieldInput } from "#portal/fields/index.ts";

import { changeAccount, type AccountChange, type AccountOutcome } from "./change-account.ts";
import { judgeBillingAddress } from "./judge-billing-address.ts";

/** What a payment gateway gave for a card: a reference to it, never the card. */
export interface CreditCard {
  readonly token: string;
  readonly expirationYear: string;
  readonly expirationMonth: string;
  /** The last digits. */
  readonly partialNumber?: string | undefined;
}

interface CardChange extends AccountChange {
  readonly card: CreditCard;
  /** `billing_address_name` and so on, as they came. */
  readonly billing: FieldInput;
}

/**
 * Keeps the reference to an account's credit card, and whom it is billed to, in the place of what was known before: also
 * where the provider has not defined the field, which then shows it from when it does.
 */
export const setCreditCard = (
  pool: Pool,
  { card, billing, ...change }: CardChange,
): Promise<AccountOutcome | undefined> =>
  changeAccount(pool, change, (before) => {
    const { address, errors } = judgeBillingAddress(billing);
    const refused = mergeErrors(judgeCard(card), errors);
    if (!isFine(refused)) return { refused };
    return {
      ...before,
      fields: { ...before.fields, billing_address: address },
      creditCardToken: card.token,
      creditCardPartialNumber: card.partialNumber ?? null,
      creditCardExpiresOn: `${fullYear(card.expirationYear)}-${card.expirationMonth.padStart(2, "0")}-01`,
    };
  });

/** Forgets the account's credit card, and whom it was billed to. */
export const deleteCreditCard = (pool: Pool, change: AccountChange): Promise<AccountOutcome | undefined> =>
  changeAccount(pool, change, (before) => {
    const { billing_address: _, ...fields } = before.fields;
    return { ...before, fields, creditCardToken: null, creditCardPartialNumber: null, creditCardExpiresOn: null };
  });

const fullYear = (year: string): string => (year.length === 2 ? `20${year}` : year);

const lengthMax = 255;

const judgeCard = ({ token, expirationYear, expirationMonth, partialNumber }: CreditCard): FieldErrors =>
  mergeErrors({
    credit_card_token: token !== "" && token.length <= lengthMax ? [] : ["can't be blank"],
    credit_card_expiration_year: /^(20)?\d\d$/.test(expirationYear) ? [] : ["is not a year"],
    credit_card_expiration_month: /^(0?[1-9]|1[0-2])$/.test(expirationMonth) ? [] : ["is not a month"],
    credit_card_partial_number: /^\d{0,4}$/.test(partialNumber ?? "") ? [] : ["must be the last four digits"],
  });
