import { Type } from "typebox";
import { setCreditCard } from "#portal/whole-accounts/index.ts";
import { answerAccount } from "../answers/answer-account.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { accountAnswer } from "../answers/account-answers.ts";
import { optionalText } from "../answers/schema-parts.ts";

export const changeCreditCardOperation: Operation = {
  title: "Account Set Credit Card",
  tag: "Accounts",
  says:
    "Keeps what a payment gateway gave for the account's credit card, a reference to it and never the card; and whom it is " +
    "billed to as the account's `billing_address`, which is shown where you have defined that field.",
  method: "PUT",
  path: "/accounts/{id}/credit_card",
  deed: "change-credit-card",
  formats: xmlAndJson,
  body: Type.Object(
    {
      credit_card_token: Type.String(),
      credit_card_authorize_net_payment_profile_token: optionalText,
      credit_card_expiration_year: Type.String(),
      credit_card_expiration_month: Type.String(),
      billing_address_name: Type.String(),
      billing_address_address: Type.String(),
      billing_address_city: Type.String(),
      billing_address_country: Type.String(),
      billing_address_state: optionalText,
      billing_address_phone: optionalText,
      billing_address_zip: optionalText,
      credit_card_partial_number: optionalText,
      payment_method_id: optionalText,
    },
    {
      examples: [
        {
          credit_card_token: "cus_4f2a",
          credit_card_expiration_year: "2031",
          credit_card_expiration_month: "5",
          billing_address_name: "Mira Harbour",
          billing_address_address: "1 Quay",
          billing_address_city: "Hull",
          billing_address_country: "GB",
          credit_card_partial_number: "4242",
        },
      ],
    },
  ),
  answers: accountAnswer,

  async answer({ pool }, call) {
    const { provider, values, by } = call;
    const outcome = await setCreditCard(pool, { provider, accountId: call.id("id"), values, by });
    return answerAccount(call, doneOrRefuse(outcome));
  },
};
