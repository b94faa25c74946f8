import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { accountsQuery, type Account } from "../../api/management/account-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { SelectField } from "../form/select-field.tsx";
import { TextField } from "../form/text-field.tsx";

export interface AccountChoiceProps {
  readonly chosen: Pick<Account, "id" | "org_name"> | undefined;
  readonly onChoose: (account: Account | undefined) => void;
}

/** One of all accounts, of which there may be far more than a list can show. */
export function AccountChoice({ chosen, onChoose }: AccountChoiceProps) {
  const [query, setQuery] = useState("");
  const { data } = useQuery({
    ...accountsQuery(useManagement(), query.trim() ? { query: query.trim() } : {}),
    placeholderData: keepPreviousData,
  });
  const { accounts = [], total = 0 } = data ?? {};
  const others = accounts.filter(({ id }) => id !== chosen?.id);
  const offered = chosen ? [chosen, ...others] : others;
  return (
    <>
      <TextField
        id="account_query"
        label="Find the account"
        hint="A part of its name, or of a user's name or e-mail address"
        value={query}
        onChange={setQuery}
      />
      <SelectField
        id="account_id"
        label="Account"
        isRequired
        hint={total > accounts.length && `The first ${accounts.length} of ${total}: find it above if it is not here`}
        value={chosen ? String(chosen.id) : ""}
        options={[
          { value: "", label: accounts.length > 0 ? "Choose an account" : "No account matches" },
          ...offered.map(({ id, org_name }) => ({ value: String(id), label: org_name })),
        ]}
        onChange={(id) => onChoose(accounts.find((it) => String(it.id) === id))}
      />
    </>
  );
}
