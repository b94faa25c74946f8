import { Type } from "typebox";

const time = Type.String({ format: "date-time" });
const links = Type.Array(Type.Object({ rel: Type.String(), href: Type.String({ format: "uri" }) }));

const terms = {
  id: Type.Integer(),
  name: Type.String(),
  state: Type.String({ enum: ["hidden", "published"] }),
  setup_fee: Type.Number(),
  cost_per_month: Type.Number(),
  trial_period_days: Type.Integer(),
  cancellation_period: Type.Integer({ description: "Seconds." }),
  approval_required: Type.Boolean(),
  default: Type.Boolean(),
  created_at: time,
  updated_at: time,
};

export const AccountPlanSchema = Type.Object({ account_plan: Type.Object(terms, { title: "AccountPlan" }) });

export const ApplicationPlanSchema = Type.Object({
  application_plan: Type.Object(
    { ...terms, custom: Type.Boolean(), system_name: Type.String(), links },
    { title: "ApplicationPlan" },
  ),
});

const stateEvent = Type.String({ enum: ["publish", "hide"] });

/** What can be said of a new plan. */
export const NewPlanSchema = Type.Object({
  name: Type.String(),
  approval_required: Type.Optional(Type.Boolean()),
  cost_per_month: Type.Optional(Type.Number()),
  setup_fee: Type.Optional(Type.Number()),
  trial_period_days: Type.Optional(Type.Integer()),
  system_name: Type.Optional(Type.String({ description: "Cannot be changed later." })),
  state_event: Type.Optional(stateEvent),
});

export const PlanChangeSchema = Type.Partial(Type.Omit(NewPlanSchema, ["system_name"]));

/** Lists of plans have one name, whatever their kind. */
export const AccountPlansSchema = Type.Object({ plans: Type.Array(AccountPlanSchema) });
export const ApplicationPlansSchema = Type.Object({ plans: Type.Array(ApplicationPlanSchema) });
