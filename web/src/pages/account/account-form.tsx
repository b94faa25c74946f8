import type { Account } from "../../api/management/account-queries.ts";
import { DetailsForm } from "../../components/details-form.tsx";

export const AccountForm = ({ account }: { account: Account }) => (
  <DetailsForm
    target="Account"
    path={`accounts/${account.id}`}
    saved={account}
    stale={[["accounts"], ["applications"]]} // which show its name
    noun="account"
  />
);
