import { SearchInput, ToolbarItem } from "@patternfly/react-core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { ApiProblem, saysWhy } from "../../api/api-problem.ts";
import { findAccount } from "../../api/management/account-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { useToast } from "../../toasts/toast-context.ts";

/** Leads to the account of a user, who is known by name or by e-mail address. */
export function FindAccount() {
  const api = useManagement();
  const navigate = useNavigate();
  const toast = useToast();
  const [login, setLogin] = useState("");
  const find = useMutation({
    mutationFn: () => findAccount(api, login.trim()),
    onSuccess: ({ id }) => navigate({ to: "/accounts/$id", params: { id: String(id) } }),
    onError: (error) => {
      const isNobody = error instanceof ApiProblem && error.status === 404;
      toast(
        isNobody
          ? { kind: "info", title: `Nobody has the user name or e-mail address “${login.trim()}”`, about: "find" }
          : { kind: "danger", title: "The account could not be looked up", detail: saysWhy(error), about: "find" },
      );
    },
  });
  return (
    <ToolbarItem>
      <SearchInput
        aria-label="User name or e-mail address of somebody in the account"
        placeholder="User name or e-mail"
        value={login}
        onChange={(_, typed) => setLogin(typed)}
        onClear={() => setLogin("")}
        onSearch={() => login.trim() && find.mutate()}
      />
    </ToolbarItem>
  );
}
