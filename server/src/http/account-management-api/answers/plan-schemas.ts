import { Type } from "typebox";

const stateEvent = Type.String({ enum: ["publish", "hide"] });

/** What can be said of a new plan. */
export const NewPlanSchema = Type.Object(
  {
    name: Type.String(),
    description: Type.Optional(Type.String({ description: "Kept, and never returned." })),
    approval_required: Type.Optional(Type.Boolean()),
    cost_per_month: Type.Optional(Type.Number()),
    setup_fee: Type.Optional(Type.Number()),
    trial_period_days: Type.Optional(Type.Integer()),
    system_name: Type.Optional(Type.String({ description: "Cannot be changed later." })),
    state_event: Type.Optional(stateEvent),
  },
  { examples: [{ name: "Basic", state_event: "publish" }] },
);

export const PlanChangeSchema = Type.Partial(Type.Omit(NewPlanSchema, ["system_name"]), {
  examples: [{ name: "Basic", approval_required: true }],
});

/** Other columns of 3scale's plans: sent alone, they are a change of nothing. */
export const droppedOfPlans = [
  "cancellation_period",
  "cost_aggregation_rule",
  "created_at",
  "full_legal",
  "issuer_id",
  "issuer_type",
  "original_id",
  "position",
  "rights",
  "state",
  "system_name",
  "tenant_id",
  "type",
  "updated_at",
];
