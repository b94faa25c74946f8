import { Type } from "typebox";

const stateEvent = Type.String({ enum: ["publish", "hide"] });

/** What can be said of a new plan. */
export const NewPlanSchema = Type.Object(
  {
    name: Type.String(),
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
