import {
  mergeErrors,
  readName,
  readText,
  wrongOf,
  type FieldErrors,
  type FieldInput,
  type FieldValues,
} from "#portal/fields/index.ts";

interface Judged {
  /** As the field `billing_address` holds it. */
  readonly address: FieldValues[string];
  readonly errors: FieldErrors;
}

/** Whom a card is billed to, by the names that come with a card, and what is wrong with that. */
export function judgeBillingAddress(values: FieldInput): Judged {
  const required = (name: string): ReturnType<typeof readName> => readName({ [name]: "", ...values }, name);
  const read = {
    billing_address_name: required("billing_address_name"),
    billing_address_address: required("billing_address_address"),
    billing_address_city: required("billing_address_city"),
    billing_address_country: required("billing_address_country"),
    billing_address_state: readText(values, "billing_address_state"),
    billing_address_phone: readText(values, "billing_address_phone"),
    billing_address_zip: readText(values, "billing_address_zip"),
  };
  const parts = {
    company: read.billing_address_name.value,
    address1: read.billing_address_address.value,
    phone_number: read.billing_address_phone.value,
    city: read.billing_address_city.value,
    country: read.billing_address_country.value,
    state: read.billing_address_state.value,
    zip: read.billing_address_zip.value,
  };
  const given = Object.entries(parts).flatMap(([part, text]): [string, string][] => (text ? [[part, text]] : []));
  return { address: Object.fromEntries(given), errors: mergeErrors(wrongOf(read)) };
}
