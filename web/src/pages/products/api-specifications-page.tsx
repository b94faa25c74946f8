import {
  Button,
  Content,
  EmptyState,
  EmptyStateBody,
  FormGroup,
  Label,
  PageSection,
  TextArea,
} from "@patternfly/react-core";
import FileCodeIcon from "@patternfly/react-icons/dist/esm/icons/file-code-icon";
import { useQuery } from "@tanstack/react-query";
import { type ChangeEvent, useRef, useState } from "react";
import { useApi } from "../../api/bellwire-client.ts";
import { useManagement } from "../../api/management-client.ts";
import {
  type ListedSpecification,
  type Product,
  productsQuery,
  type Specification,
  specificationQuery,
  specificationsQuery,
} from "../../api/products.ts";
import { mayChangeSpecifications, useSession } from "../../api/session.tsx";
import { FieldHint, hintId, SelectField, SwitchField, TextField } from "../../components/form/fields.tsx";
import { DeleteDialog, FormDialog } from "../../components/form/form-dialog.tsx";
import { fieldText, useChange, useDialogForm } from "../../components/form/use-change.ts";
import { Name } from "../../components/labels.tsx";
import { nameInText } from "../../components/words.ts";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { InPortions } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader, SectionCard } from "../../components/page-header.tsx";
import { When } from "../../components/time.tsx";

/** Lists the API specifications of all products and of none. */
export function ApiSpecificationsPage() {
  const [isCreating, setCreating] = useState(false);
  return (
    <>
      <PageHeader
        title="API specifications"
        actions={mayChangeSpecifications(useSession()) && <CreateButton onClick={() => setCreating(true)} />}
      >
        Documents that describe your APIs. Developers read the published ones in the Developer Portal, and try out
        requests there.
      </PageHeader>
      <PageSection isFilled>
        <SpecificationList />
      </PageSection>
      {isCreating && <SpecificationDialog onClose={() => setCreating(false)} />}
    </>
  );
}

/** Lists the API specifications of a product on its page. */
export function SpecificationCard({ productId }: { productId: number }) {
  const [isCreating, setCreating] = useState(false);
  return (
    <SectionCard
      title="API specifications"
      actions={
        mayChangeSpecifications(useSession()) && (
          <CreateButton onClick={() => setCreating(true)} variant="secondary" size="sm" />
        )
      }
    >
      <SpecificationList productId={productId} />
      {isCreating && <SpecificationDialog productId={productId} onClose={() => setCreating(false)} />}
    </SectionCard>
  );
}

interface CreateButtonProps {
  readonly onClick: () => void;
  readonly variant?: "secondary";
  readonly size?: "sm";
}

const CreateButton = (props: CreateButtonProps) => <Button {...props}>Add a specification</Button>;

const stale = [["specifications"]];

/** The page that shows a specification as developers see it. Old formats are shown as JSON. */
const previewPath = (id: number): string => `/p/admin/api-specifications/${id}/preview`;

function SpecificationList({ productId }: { productId?: number }) {
  const query = useQuery(specificationsQuery(useApi()));
  return (
    <Loaded query={query} skeleton={<TableSkeleton of="specifications" />}>
      {(all) => {
        const rows = all.filter(({ product_id }) => productId === undefined || product_id === productId);
        return rows.length > 0 ? (
          <SpecificationTable rows={rows} hasProducts={productId === undefined} />
        ) : (
          <NoSpecifications isPage={productId === undefined} />
        );
      }}
    </Loaded>
  );
}

function NoSpecifications({ isPage }: { isPage: boolean }) {
  const session = useSession();
  const isLimited = isPage && !session.seesEveryProduct;
  const title = `There are no API specifications${isLimited ? " of the products in your permissions" : ""}`;
  const hint = mayChangeSpecifications(session) && "Add one, and developers can read how to use your API.";
  if (!isPage) return <Content component="p">{[`${title}.`, hint].filter(Boolean).join(" ")}</Content>;
  return (
    <EmptyState titleText={title} icon={FileCodeIcon} headingLevel="h2">
      {hint && <EmptyStateBody>{hint}</EmptyStateBody>}
    </EmptyState>
  );
}

interface TableProps {
  readonly rows: readonly ListedSpecification[];
  readonly hasProducts: boolean;
}

function SpecificationTable({ rows, hasProducts }: TableProps) {
  const api = useManagement();
  const { data: products = [] } = useQuery({ ...productsQuery(api), enabled: hasProducts });
  const mayChange = mayChangeSpecifications(useSession());
  const [open, setOpen] = useState<{ readonly dialog: "edit" | "delete"; readonly id: number }>();
  const close = (): void => setOpen(undefined);
  const chosen = rows.find(({ id }) => id === open?.id);
  const publish = useChange({
    change: ({ id, published }: ListedSpecification) => api.update(`active_docs/${id}`, { published: !published }),
    stale,
    failed: "The specification could not be changed",
  });
  const remove = useChange({
    change: (id: number) => api.delete(`active_docs/${id}`),
    stale,
    done: "The specification was deleted",
    failed: "The specification could not be deleted",
    onDone: close,
  });
  const actionsOf = (row: ListedSpecification) => [
    { title: "Preview", onClick: () => void window.open(previewPath(row.id), "_blank", "noopener") },
    ...(mayChange
      ? [
          { title: row.published ? "Hide" : "Publish", onClick: () => publish.mutate(row) },
          { title: "Edit", onClick: () => setOpen({ dialog: "edit", id: row.id }) },
          { title: "Delete", isDanger: true, onClick: () => setOpen({ dialog: "delete", id: row.id }) },
        ]
      : []),
  ];
  return (
    <>
      <InPortions rows={rows} isPage={hasProducts}>
        {(shown) => (
          <ListTable
            label="API specifications"
            rows={shown}
            columns={columnsOf(hasProducts ? products : undefined)}
            keyOf={({ id }) => id}
            nameOf={({ name }) => name}
            actionsOf={actionsOf}
            isBusy={publish.isPending || remove.isPending}
          />
        )}
      </InPortions>
      {chosen && open?.dialog === "edit" && <EditDialog id={chosen.id} onClose={close} />}
      {chosen && open?.dialog === "delete" && (
        <DeleteDialog
          title={`Delete ${nameInText(chosen.name)}?`}
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate(chosen.id)}
          onClose={close}
        >
          Developers can no longer read it. It cannot be restored.
        </DeleteDialog>
      )}
    </>
  );
}

const columnsOf = (products: readonly Product[] | undefined): readonly ListColumn<ListedSpecification>[] => [
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
  { title: "Description", show: ({ description }) => description, place: "text", isName: true },
  { title: "Format", show: ({ version }) => formatName(version), place: "value" },
  ...(products
    ? [
        {
          title: "Product",
          show: ({ product_id }: ListedSpecification) => <Name>{productName(products, product_id)}</Name>,
          place: "below",
          isLabelled: true,
          isName: true,
        } as const,
      ]
    : []),
  { title: "Updated", show: ({ updated_at }) => <When at={updated_at} />, place: "end" },
];

/** Without a line break between both. */
const formatName = (version: string): string => `${Number(version) < 3 ? "Swagger" : "OpenAPI"}\u00a0${version}`;

const productName = (products: readonly Product[], id: number | null): string =>
  id === null ? "None" : (products.find((product) => product.id === id)?.name ?? `Product ${id}`);

interface DialogProps {
  readonly onClose: () => void;
}

/** Reads the specification with its body before it is edited. */
function EditDialog({ id, onClose }: DialogProps & { readonly id: number }) {
  const { data } = useQuery(specificationQuery(useManagement(), id));
  return data ? <SpecificationDialog specification={data} onClose={onClose} /> : null;
}

interface SpecificationDialogProps extends DialogProps {
  /** The product of a new specification. */
  readonly productId?: number;
  /** Without it, the dialog creates a specification. */
  readonly specification?: Specification;
}

const fields = ["name", "system_name", "description", "service_id", "body"] as const;

function SpecificationDialog({ productId, specification, onClose }: SpecificationDialogProps) {
  const api = useManagement();
  const { data: products = [] } = useQuery(productsQuery(api));
  const path = specification && `active_docs/${specification.id}`;
  const owner = productId === undefined ? {} : { service_id: productId };
  const { values, type, field, dialog } = useDialogForm({
    saved: { ...(specification ?? owner) },
    fields,
    path,
    change: (typed) => (path ? api.update(path, typed) : api.create("active_docs", { ...owner, ...typed })),
    stale,
    done: specification ? "The specification was updated" : "The specification was added",
    failed: specification ? "The specification could not be updated" : "The specification could not be added",
    leave: onClose,
    onClose,
  });
  const toggle = (id: "published" | "skip_swagger_validations") => ({
    id,
    isOn: values[id] === true,
    onChange: (isOn: boolean) => type({ [id]: isOn }),
  });
  const none = { value: "", label: "None" };
  return (
    <FormDialog
      title={specification ? `Edit ${nameInText(specification.name)}` : "Add a specification"}
      submit={specification ? "Save" : "Add"}
      {...dialog}
    >
      <TextField {...field("name")} label="Name" isRequired />
      {!specification && (
        <TextField
          {...field("system_name")}
          label="System name"
          hint="Made from the name if empty. It is part of addresses and cannot be changed"
        />
      )}
      <TextField {...field("description")} label="Description" />
      <SelectField
        {...field("service_id")}
        label="Product"
        options={[none, ...products.map(({ id, name }) => ({ value: String(id), label: nameInText(name) }))]}
      />
      <BodyField {...field("body")} />
      <SwitchField {...toggle("published")} label="Published" hint="Everybody can read it in the Developer Portal" />
      <SwitchField
        {...toggle("skip_swagger_validations")}
        label="Skip the validation"
        hint="Accepts any JSON. What does not follow the format may not be shown"
      />
    </FormDialog>
  );
}

interface BodyFieldProps {
  readonly id: string;
  readonly value: string;
  readonly errors: readonly string[] | undefined;
  readonly onChange: (body: string) => void;
}

/** The text of the specification, typed or from a file. */
function BodyField({ id, value, errors, onChange }: BodyFieldProps) {
  const file = useRef<HTMLInputElement>(null);
  const take = ({ target }: ChangeEvent<HTMLInputElement>): void => {
    void target.files?.[0]?.text().then(onChange);
    target.value = ""; // the same file can be chosen again after it was corrected
  };
  return (
    <FormGroup
      label="Specification"
      fieldId={id}
      isRequired
      labelInfo={
        <Button variant="link" isInline onClick={() => file.current?.click()}>
          Choose a file
        </Button>
      }
    >
      <input ref={file} id={`${id}-file`} type="file" accept=".json,application/json" hidden onChange={take} />
      <TextArea
        id={id}
        name={id}
        className="bellwire-mono"
        aria-describedby={hintId(id)}
        isRequired
        rows={10}
        resizeOrientation="vertical"
        spellCheck={false}
        validated={errors?.length ? "error" : "default"}
        value={fieldText(value)}
        onChange={(_, typed) => onChange(typed)}
      />
      <FieldHint id={id} hint="JSON in OpenAPI 3 or Swagger 2.0, up to 1 MiB" errors={errors} />
    </FormGroup>
  );
}
