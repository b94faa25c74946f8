import { Button, Content, Label, PageSection, Stack } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { expectDeleted, useApi } from "../../api/bellwire-client.ts";
import { useManagement } from "../../api/management-client.ts";
import {
  type AuthenticationProvider,
  type AuthenticationProviderKind,
  authenticationProviderKinds,
  authenticationProvidersPaths,
  authenticationProvidersQuery,
  type SignInPortal,
} from "../../api/settings.ts";
import { CopyText } from "../../components/copy-text.tsx";
import { SelectField, SwitchField, TextField } from "../../components/form/fields.tsx";
import { DeleteDialog, FormDialog } from "../../components/form/form-dialog.tsx";
import { useChange, useDialogForm } from "../../components/form/use-change.ts";
import { Name } from "../../components/labels.tsx";
import { nameInText } from "../../components/words.ts";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader, SectionCard } from "../../components/page-header.tsx";

/** Lets admins choose the identity providers that developers and the team sign in with. */
export const SingleSignOnPage = () => (
  <>
    <PageHeader title="Single sign-on">
      Developers and your team can sign in with an account that they have at an identity provider. Register the callback
      URL there.
    </PageHeader>
    <PageSection isFilled>
      <Stack hasGutter>
        <AuthenticationProviderCard portal="developer" />
        <AuthenticationProviderCard portal="provider" />
      </Stack>
    </PageSection>
  </>
);

const portals: Readonly<Record<SignInPortal, { readonly title: string; readonly text: string }>> = {
  developer: {
    title: "Developer Portal",
    text: "Developers sign up and sign in with a published one. There is one of each kind.",
  },
  provider: {
    title: "Admin Portal",
    text: "Your team signs in with a published one. Nobody joins the team without an invitation or an admin.",
  },
};

const kindNames: Readonly<Record<AuthenticationProviderKind, string>> = {
  keycloak: "Keycloak",
  auth0: "Auth0",
  github: "GitHub",
  oauth2: "Another OAuth 2 server",
};

/** Programs can create kinds of any name. */
const kindName = (kind: string): string => new Map<string, string>(Object.entries(kindNames)).get(kind) ?? kind;

/** The portal's authentication providers. */
function AuthenticationProviderCard({ portal }: { portal: SignInPortal }) {
  const query = useQuery(authenticationProvidersQuery(useManagement(), portal));
  const [isCreating, setCreating] = useState(false);
  const { title, text } = portals[portal];
  const kinds = freeKinds(portal, query.data ?? []);
  return (
    <SectionCard
      title={title}
      actions={
        kinds.length > 0 && (
          <Button variant="secondary" size="sm" onClick={() => setCreating(true)}>
            Add an identity provider
          </Button>
        )
      }
    >
      <Content component="p">{text}</Content>
      <Loaded query={query} skeleton={<TableSkeleton of="identity providers" />}>
        {(shown) =>
          shown.length > 0 ? (
            <AuthenticationProviderTable portal={portal} rows={shown} />
          ) : (
            <Content component="p">There are no identity providers yet.</Content>
          )
        }
      </Loaded>
      {isCreating && <CreateDialog portal={portal} kinds={kinds} onClose={() => setCreating(false)} />}
    </SectionCard>
  );
}

/** The Developer Portal has one of each kind, as in 3scale. */
const freeKinds = (
  portal: SignInPortal,
  present: readonly AuthenticationProvider[],
): readonly AuthenticationProviderKind[] =>
  authenticationProviderKinds[portal].filter(
    (kind) => portal === "provider" || !present.some((each) => each.kind === kind),
  );

const columns: readonly ListColumn<AuthenticationProvider>[] = [
  { title: "Name", show: ({ name }) => <Name>{name}</Name>, place: "title", isName: true },
  {
    title: "State",
    show: ({ published }) => (
      <Label isCompact {...(published ? { status: "success" } : { color: "grey" })}>
        {published ? "Published" : "Hidden"}
      </Label>
    ),
    place: "state",
  },
  { title: "Kind", show: ({ kind }) => <Name>{kindName(kind)}</Name>, place: "start", isName: true },
  {
    title: "Callback URL",
    show: ({ callback_url }) => <CopyText label="Copy the callback URL">{callback_url}</CopyText>,
    place: "below",
    isName: true,
  },
];

const staleOf = (portal: SignInPortal) => [["authentication providers", portal]];

interface TableProps {
  readonly portal: SignInPortal;
  readonly rows: readonly AuthenticationProvider[];
}

function AuthenticationProviderTable({ portal, rows }: TableProps) {
  const api = useManagement();
  const [open, setOpen] = useState<{ readonly dialog: "edit" | "delete"; readonly id: number }>();
  const close = (): void => setOpen(undefined);
  const chosen = rows.find(({ id }) => id === open?.id);
  const publish = useChange({
    change: ({ id, published }: AuthenticationProvider) =>
      api.update(`${authenticationProvidersPaths[portal]}/${id}`, { published: !published }),
    stale: staleOf(portal),
    failed: "The identity provider could not be changed",
  });
  const actionsOf = (row: AuthenticationProvider) => [
    { title: row.published ? "Hide" : "Publish", onClick: () => publish.mutate(row) },
    { title: "Edit", onClick: () => setOpen({ dialog: "edit", id: row.id }) },
    { title: "Delete", isDanger: true, onClick: () => setOpen({ dialog: "delete", id: row.id }) },
  ];
  return (
    <>
      <ListTable
        label={`Identity providers of the ${portals[portal].title}`}
        rows={rows}
        columns={columns}
        keyOf={({ id }) => id}
        nameOf={({ name }) => name}
        actionsOf={actionsOf}
        isBusy={publish.isPending}
      />
      {chosen && open?.dialog === "edit" && <EditDialog portal={portal} edited={chosen} onClose={close} />}
      {chosen && open?.dialog === "delete" && <DeleteProvider portal={portal} deleted={chosen} onClose={close} />}
    </>
  );
}

const siteHints: Readonly<Record<string, string>> = {
  keycloak: "The URL of the realm, for example: https://sso.example.com/realms/acme",
  auth0: "The URL of the tenant, for example: https://acme.eu.auth0.com",
};

interface SwitchesProps {
  readonly portal: SignInPortal;
  readonly isOn: (name: string) => boolean;
  readonly onChange: (name: string, isOn: boolean) => void;
}

/** The switches that can be changed later, too. */
function Switches({ portal, isOn, onChange }: SwitchesProps) {
  const toggle = (id: string) => ({ id, isOn: isOn(id), onChange: (on: boolean) => onChange(id, on) });
  return (
    <>
      <SwitchField {...toggle("published")} label="Published" hint="Offered to everybody who signs in" />
      {portal === "developer" && (
        <SwitchField
          {...toggle("automatically_approve_accounts")}
          label="Approve accounts automatically"
          hint="Accounts that sign up with it need no approval, also if their plan requires one"
        />
      )}
    </>
  );
}

const isSecret = { type: "password", autoComplete: "new-password" } as const;

interface CreateDialogProps {
  readonly portal: SignInPortal;
  readonly kinds: readonly AuthenticationProviderKind[];
  readonly onClose: () => void;
}

function CreateDialog({ portal, kinds, onClose }: CreateDialogProps) {
  const api = useManagement();
  const [kind, setKind] = useState<AuthenticationProviderKind>(kinds[0] ?? "keycloak");
  const { values, type, field, dialog } = useDialogForm({
    saved: {},
    fields: [
      "name",
      "client_id",
      "client_secret",
      "site",
      "authorize_url",
      "token_url",
      "user_info_url",
      "identifier_key",
      "username_key",
    ],
    path: undefined,
    change: (typed) => api.create(authenticationProvidersPaths[portal], { kind, ...typed }),
    stale: staleOf(portal),
    done: "The identity provider was added. Register its callback URL there.",
    failed: "The identity provider could not be added",
    leave: onClose,
    onClose,
  });
  return (
    <FormDialog title="Add an identity provider" submit="Add" {...dialog}>
      <SelectField
        id="kind"
        label="Kind"
        value={kind}
        options={kinds.map((value) => ({ value, label: kindNames[value] }))}
        onChange={setKind}
      />
      <TextField {...field("name")} label="Name" hint="Shown on the button. Without one, it is the kind" />
      <TextField {...field("client_id")} label="Client ID" isRequired />
      <TextField {...field("client_secret")} label="Client secret" isRequired input={isSecret} />
      {siteHints[kind] && <TextField {...field("site")} label="URL" isRequired hint={siteHints[kind]} />}
      {kind === "oauth2" && (
        <>
          <TextField {...field("authorize_url")} label="Authorization endpoint" isRequired />
          <TextField {...field("token_url")} label="Token endpoint" isRequired />
          <TextField {...field("user_info_url")} label="User info endpoint" isRequired />
          <TextField
            {...field("identifier_key")}
            label="Property that identifies a user"
            hint="In the user info. Without one, id"
          />
          <TextField
            {...field("username_key")}
            label="Property with the username"
            hint="In the user info. Without one, login"
          />
          <SwitchField
            id="trust_email"
            label="Trust its email addresses"
            hint="Only if it lets nobody use the address of somebody else: who signs in with it becomes the user with that address"
            isOn={values["trust_email"] === true}
            onChange={(isOn) => type({ trust_email: isOn })}
          />
        </>
      )}
      <Switches
        portal={portal}
        isOn={(name) => values[name] === true}
        onChange={(name, isOn) => type({ [name]: isOn })}
      />
    </FormDialog>
  );
}

interface EditDialogProps {
  readonly portal: SignInPortal;
  readonly edited: AuthenticationProvider;
  readonly onClose: () => void;
}

function EditDialog({ portal, edited, onClose }: EditDialogProps) {
  const api = useManagement();
  const path = `${authenticationProvidersPaths[portal]}/${edited.id}`;
  const { values, type, field, dialog } = useDialogForm({
    saved: { ...edited },
    fields: ["client_id", "client_secret", "site"],
    path,
    change: (typed) => api.update(path, typed),
    stale: staleOf(portal),
    done: "The identity provider was changed",
    failed: "The identity provider could not be changed",
    leave: onClose,
    onClose,
  });
  return (
    <FormDialog title={`Edit ${nameInText(edited.name)}`} submit="Save" {...dialog}>
      <TextField {...field("client_id")} label="Client ID" isRequired />
      <TextField {...field("client_secret")} label="Client secret" isRequired input={isSecret} />
      {siteHints[edited.kind] && <TextField {...field("site")} label="URL" isRequired hint={siteHints[edited.kind]} />}
      <Switches
        portal={portal}
        isOn={(name) => values[name] === true}
        onChange={(name, isOn) => type({ [name]: isOn })}
      />
    </FormDialog>
  );
}

interface DeleteProviderProps {
  readonly portal: SignInPortal;
  readonly deleted: AuthenticationProvider;
  readonly onClose: () => void;
}

function DeleteProvider({ portal, deleted, onClose }: DeleteProviderProps) {
  const api = useApi();
  const remove = useChange({
    change: () =>
      expectDeleted(api.DELETE("/api/v1/authentication_providers/{id}", { params: { path: { id: deleted.id } } })),
    stale: staleOf(portal),
    done: "The identity provider was deleted",
    failed: "The identity provider could not be deleted",
    onDone: onClose,
  });
  return (
    <DeleteDialog
      title={`Delete ${nameInText(deleted.name)}?`}
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate(undefined)}
      onClose={onClose}
    >
      Nobody can sign in with it any more, and its users are signed out. They stay, and can choose a password by email.
      If it is added again, each must be recognized again.
    </DeleteDialog>
  );
}
