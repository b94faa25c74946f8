import { Type } from "typebox";
import type { DocumentedAnswer } from "../answers/documented-answer.ts";
import { id, nullable, time, times } from "../answers/schema-parts.ts";
import { account, application, provider, servicePlan, times as exampleTimes } from "../examples/example-portal.ts";
import { writeServiceContracts } from "./write-service-contracts.ts";

const nullableText = nullable(Type.String());
const nullableTime = nullable(time);

const contract = Type.Object(
  {
    id,
    plan_id: id,
    user_account_id: id,
    user_key: nullableText,
    provider_public_key: nullableText,
    ...times,
    state: Type.String({ enum: ["pending", "live", "suspended"] }),
    description: nullableText,
    paid_until: nullableTime,
    application_id: nullableText,
    name: nullableText,
    trial_period_expires_at: nullableTime,
    setup_fee: Type.String(),
    redirect_url: nullableText,
    variable_cost_paid_until: time,
    extra_fields: nullableText,
    tenant_id: id,
    create_origin: nullableText,
    first_traffic_at: nullableTime,
    first_daily_traffic_at: nullableTime,
    service_id: id,
    accepted_at: nullableTime,
  },
  { title: "ServiceContract" },
);

export const serviceContractsAnswer: DocumentedAnswer = {
  schema: Type.Object({ service_contracts: Type.Array(Type.Object({ service_contract: contract })) }),
  example: writeServiceContracts({ provider, now: exampleTimes.updatedAt }, [
    {
      subscription: {
        id: 61,
        accountId: account.id,
        productId: application.product.id,
        planId: servicePlan.id,
        state: "live",
        ...exampleTimes,
      },
      plan: servicePlan,
    },
  ]),
};
