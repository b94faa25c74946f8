import { Button, type ButtonProps } from "@patternfly/react-core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { formatCount } from "../counts.ts";
import { type Account, accountsQuery } from "../../api/accounts.ts";
import type { Application } from "../../api/applications.ts";
import { type ObjectList, type Values, useManagement } from "../../api/management-client.ts";
import {
  type ApplicationPlan,
  type Product,
  applicationPlansQuery,
  productsQuery,
  type AccountPlan,
} from "../../api/products.ts";
import { useSession } from "../../api/session.tsx";
import { DefinedFields, useDefinitions } from "../form/defined-fields.tsx";
import { SelectField, TextField } from "../form/fields.tsx";
import { FormDialog } from "../form/form-dialog.tsx";
import { fieldText, useChange } from "../form/use-change.ts";
import { nameInText } from "../words.ts";
import { type PartQuery, hasFailed } from "../loaded.tsx";
import { planOptions } from "../plans/plan-change.tsx";

type CreateApplicationProps = Pick<CreateApplicationDialogProps, "account"> & Pick<ButtonProps, "variant" | "isInline">;

export function CreateApplication({ account, ...look }: CreateApplicationProps) {
  const [isCreating, setCreating] = useState(false);
  return (
    <>
      <Button {...look} onClick={() => setCreating(true)}>
        Create an application
      </Button>
      {isCreating && <CreateApplicationDialog {...(account && { account })} onClose={() => setCreating(false)} />}
    </>
  );
}

interface CreateApplicationDialogProps {
  /** The application's account. Without it, the dialog asks for one. */
  readonly account?: Pick<Account, "id" | "org_name">;
  readonly onClose: () => void;
}

const nothing = {};

function CreateApplicationDialog({ account, onClose }: CreateApplicationDialogProps) {
  const api = useManagement();
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<Pick<Account, "id" | "org_name">>();
  const [draft, setDraft] = useState<ApplicationDraft>({ values: nothing });
  const type = (values: ApplicationDraft["values"]): void =>
    setDraft({ ...draft, values: { ...draft.values, ...values } });
  const { data: products = [], isSuccess: areProductsThere } = useQuery(productsQuery(api));
  const product = chosenProduct(draft, products);
  const { data: plans } = useQuery({ ...applicationPlansQuery(api, product?.id ?? 0), enabled: product !== undefined });
  const planId = chosenPlanId(draft, plans ?? []);
  const owner = account ?? chosen;
  const { mutate, isPending, errors } = useChange({
    change: async () => {
      if (!product || !owner) return undefined;
      const path = `accounts/${owner.id}/applications`;
      return (await api.create<{ application: Application }>(path, requestBody(draft, product, planId))).application;
    },
    stale: [["applications"], ["plans"]],
    done: "The application was created",
    failed: "The application could not be created",
    fields: [...useDefinitions("Cinstance").map(({ name }) => name), "plan_id", ...credentialNames],
    leave: (created) =>
      created &&
      navigate({
        to: "/accounts/$accountId/applications/$id",
        params: { accountId: String(created.account_id), id: String(created.id) },
        ignoreBlocker: true,
      }),
  });
  return (
    <FormDialog
      title="Create an application"
      {...(account && { description: `For ${nameInText(account.org_name)}.` })}
      submit="Create"
      isBusy={isPending}
      isDisabled={!owner || !product || !planId}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      {!account && <AccountChoice chosen={chosen} onChoose={setChosen} />}
      <PlanChoice
        products={areProductsThere ? products : undefined}
        product={product}
        plans={plans}
        planId={planId}
        errors={errors["plan_id"]}
        onProduct={(productId) => setDraft({ values: draft.values, productId })}
        onPlan={(chosenPlan) => setDraft({ ...draft, planId: chosenPlan })}
      />
      <DefinedFields target="Cinstance" values={draft.values} saved={nothing} errors={errors} onChange={type} />
      {product && (
        <ChosenCredentials
          backendVersion={product.backend_version}
          values={draft.values}
          errors={errors}
          onChange={type}
        />
      )}
    </FormDialog>
  );
}

interface AccountChoiceProps {
  readonly chosen: Pick<Account, "id" | "org_name"> | undefined;
  readonly onChoose: (account: Account | undefined) => void;
}

/** Searches the accounts, because a select cannot list all of them. */
function AccountChoice({ chosen, onChoose }: AccountChoiceProps) {
  const [query, setQuery] = useState("");
  const search = useQuery({
    ...accountsQuery(useManagement(), query.trim() ? { query: query.trim() } : {}),
    placeholderData: keepPreviousData,
  });
  const { objects: accounts, total } = search.data ?? { objects: [], total: 0 };
  const others = accounts.filter(({ id }) => id !== chosen?.id);
  const offered = chosen ? [chosen, ...others] : others;
  return (
    <>
      <TextField
        id="account_query"
        label="Search for an account"
        hint="A part of its name, or of a user's name or email address"
        value={query}
        onChange={setQuery}
      />
      <SelectField
        id="account_id"
        label="Account"
        isRequired
        hint={
          total > accounts.length &&
          `The first ${formatCount(accounts.length)} of ${formatCount(total)}. Search above for others`
        }
        value={chosen ? String(chosen.id) : ""}
        options={[
          { value: "", label: describeChoice(search) },
          ...offered.map(({ id, org_name }) => ({ value: String(id), label: org_name })),
        ]}
        onChange={(id) => onChoose(accounts.find((account) => String(account.id) === id))}
      />
    </>
  );
}

interface AccountSearch extends Omit<PartQuery<ObjectList<Account>>, "refetch"> {
  readonly isPlaceholderData: boolean;
}

/** Says what the select of accounts is about to offer, or why it offers none. */
function describeChoice(search: AccountSearch): string {
  if (hasFailed(search)) return "The accounts could not be searched";
  if (search.data === undefined || search.isPlaceholderData) return "Searching…";
  return search.data.objects.length > 0 ? "Choose an account" : "No account matches";
}

interface PlanChoiceProps {
  /** Undefined while loading. The same holds for `plans`. */
  readonly products: readonly Product[] | undefined;
  readonly product: Product | undefined;
  readonly plans: readonly ApplicationPlan[] | undefined;
  readonly planId: string;
  readonly errors: readonly string[] | undefined;
  readonly onProduct: (id: string) => void;
  readonly onPlan: (id: string) => void;
}

/** Chooses a product and one of its plans. */
function PlanChoice({ products, product, plans, planId, errors, onProduct, onPlan }: PlanChoiceProps) {
  const { seesEveryProduct } = useSession();
  const plan = plans?.find(({ id }) => String(id) === planId);
  const hint =
    plans?.length === 0
      ? "This product has no plan. Create a plan first"
      : plan?.approval_required && "This plan requires approval, so the application will be pending";
  return (
    <>
      <SelectField
        id="product_id"
        label="Product"
        isRequired
        hint={
          products?.length === 0 &&
          (seesEveryProduct
            ? "There are no products yet. Create a product first"
            : "Your permissions include no product")
        }
        value={product ? String(product.id) : ""}
        options={[
          ...(products?.length === 1 ? [] : [{ value: "", label: "Choose a product" }]),
          ...(products ?? []).map(({ id, name }) => ({ value: String(id), label: name })),
        ]}
        onChange={onProduct}
      />
      {product && (
        <SelectField
          id="plan_id"
          label="Plan"
          isRequired
          hint={hint}
          errors={errors}
          value={planId}
          options={planOptions(plans ?? [])}
          onChange={onPlan}
        />
      )}
    </>
  );
}

interface ChosenCredentialsProps {
  readonly backendVersion: Product["backend_version"];
  readonly values: Values;
  readonly errors: Readonly<Record<string, readonly string[]>>;
  readonly onChange: (changed: Values) => void;
}

/** Credentials that the admin brings from elsewhere instead of generated ones. */
const ChosenCredentials = ({ backendVersion, values, errors, onChange }: ChosenCredentialsProps) =>
  credentialFields[backendVersion].map(({ name, label }) => (
    <TextField
      key={name}
      id={name}
      label={label}
      hint={hintOf(name, backendVersion)}
      errors={errors[name]}
      value={fieldText(values[name])}
      onChange={(typed) => onChange({ [name]: typed })}
    />
  ));

function hintOf(name: string, backendVersion: Product["backend_version"]): string {
  if (name === "redirect_url") return "Optional";
  const isOptional = name === "application_key" && backendVersion === "2";
  return isOptional ? "If empty: a random key if the product requires one, otherwise none" : "If empty: a random value";
}

/** The choices and values entered so far. */
interface ApplicationDraft {
  readonly accountId?: number | undefined;
  readonly productId?: string;
  readonly planId?: string;
  /** Values of defined fields and credentials, under the names of the API. */
  readonly values: Values;
}

/** The credentials that an admin can set for a new application, by the product's authentication. */
const credentialFields: Readonly<
  Record<Product["backend_version"], readonly { readonly name: string; readonly label: string }[]>
> = {
  "1": [{ name: "user_key", label: "User key" }],
  "2": [
    { name: "application_id", label: "Application id" },
    { name: "application_key", label: "Application key" },
  ],
  oauth: [
    { name: "application_id", label: "Client id" },
    { name: "application_key", label: "Client secret" },
    { name: "redirect_url", label: "Redirect URL" },
  ],
  oidc: [
    { name: "application_id", label: "Client id" },
    { name: "application_key", label: "Client secret" },
    { name: "redirect_url", label: "Redirect URL" },
  ],
};

const credentialNames: readonly string[] = [
  ...new Set(Object.values(credentialFields).flatMap((credentials) => credentials.map(({ name }) => name))),
];

/** Returns the chosen product, or the only one. */
export const chosenProduct = (
  { productId }: Pick<ApplicationDraft, "productId">,
  products: readonly Product[],
): Product | undefined => (products.length === 1 ? products[0] : products.find(({ id }) => String(id) === productId));

/** Returns the id of the chosen plan, or of the product's default plan. */
export const chosenPlanId = (
  { planId }: Pick<ApplicationDraft, "planId">,
  plans: readonly Pick<AccountPlan, "id" | "default">[],
): string => planId ?? String(plans.find((plan) => plan.default)?.id ?? "");

/** Returns the request body: the filled-in fields, without credentials that the product does not use. */
export function requestBody({ values }: ApplicationDraft, product: Product, planId: string): Values {
  const ofProduct = new Set(credentialFields[product.backend_version].map(({ name }) => name));
  const filled = Object.entries(values).filter(
    ([name, value]) => value !== "" && (ofProduct.has(name) || !credentialNames.includes(name)),
  );
  return { plan_id: Number(planId), ...Object.fromEntries(filled) };
}
