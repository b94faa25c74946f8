import {
  Divider,
  Dropdown,
  DropdownGroup,
  DropdownItem,
  DropdownList,
  MenuToggle,
  type MenuToggleElement,
} from "@patternfly/react-core";
import BookmarkIcon from "@patternfly/react-icons/dist/esm/icons/bookmark-icon";
import { useQuery, queryOptions } from "@tanstack/react-query";
import { type Ref, useState } from "react";
import {
  useApi,
  type ApiClient,
  type BellwireSchemas,
  expectDeleted,
  responseBody,
} from "../../api/bellwire-client.ts";
import type { ListFilter } from "../../api/filters.ts";
import { TextField } from "../form/fields.tsx";
import { FormDialog } from "../form/form-dialog.tsx";
import { fieldText, useChange, useDialogForm } from "../form/use-change.ts";
import { useUndoToast } from "../undo-toast.ts";
import { type ListName, filteredLists, readListFilter } from "./filter-table.ts";
import { nameInText } from "../words.ts";

interface SavedViewsProps {
  readonly list: ListName;
  readonly filter: ListFilter;
  readonly onChoose: (filter: ListFilter) => void;
}

/** The dialog that is open: for a new view, or for the name of an existing one. */
type NamingDialog = { readonly of?: SavedView };

/** The menu of the filters that the user has saved under a name. It saves, updates, renames and deletes them. */
export function SavedViews({ list, filter, onChoose }: SavedViewsProps) {
  const [isOpen, setOpen] = useState(false);
  const [naming, setNaming] = useState<NamingDialog>();
  const [chosenId, setChosenId] = useState<number>();
  const { data: views = [], isPending, isError } = useQuery(viewsQuery(useApi(), list));
  const { update, remove } = useViewChanges();
  const isFiltered = Object.keys(filter).length > 0;
  const active = views.find((view) => isSameFilter(readListFilter(list, view.filter), filter));
  // A chosen view with other filters can be updated to them.
  const changed = active || !isFiltered ? undefined : views.find(({ id }) => id === chosenId);

  const choose = (view: SavedView): void => {
    setChosenId(view.id);
    onChoose(readListFilter(list, view.filter));
  };
  const toggle = (ref: Ref<MenuToggleElement>) => (
    <MenuToggle ref={ref} icon={<BookmarkIcon />} isExpanded={isOpen} onClick={() => setOpen(!isOpen)}>
      {active ? <ViewName name={active.name} /> : "Views"}
    </MenuToggle>
  );
  return (
    <>
      <Dropdown
        isOpen={isOpen}
        onOpenChange={setOpen}
        onSelect={() => setOpen(false)}
        toggle={toggle}
        popperProps={{ appendTo: "inline", preventOverflow: true }} // within the main region of the page
        shouldFocusToggleOnSelect
        isScrollable
        maxMenuHeight="24rem"
      >
        <DropdownGroup label={`Saved views of ${filteredLists[list].rows}`}>
          <DropdownList>
            {views.map((view) => (
              <DropdownItem key={view.id} isSelected={view === active} onClick={() => choose(view)}>
                <bdi>{view.name}</bdi>
              </DropdownItem>
            ))}
            {views.length === 0 && <DropdownItem isAriaDisabled>{emptyListText({ isPending, isError })}</DropdownItem>}
          </DropdownList>
        </DropdownGroup>
        <Divider component="li" />
        <DropdownList>
          {changed && (
            <DropdownItem onClick={() => update.mutate({ view: changed, filter })}>
              Update “{changed.name}” to these filters
            </DropdownItem>
          )}
          {active ? (
            <>
              <DropdownItem onClick={() => setNaming({ of: active })}>Rename “{active.name}”…</DropdownItem>
              <DropdownItem isDanger onClick={() => remove.mutate(active)}>
                Delete “{active.name}”
              </DropdownItem>
            </>
          ) : (
            <DropdownItem
              isAriaDisabled={!isFiltered}
              {...(!isFiltered && { description: "Add a filter first" })}
              onClick={() => setNaming({})}
            >
              Save this view…
            </DropdownItem>
          )}
        </DropdownList>
      </Dropdown>
      {naming && (
        <ViewNameDialog
          {...(naming.of && { view: naming.of })}
          list={list}
          filter={filter}
          onSaved={({ id }) => setChosenId(id)}
          onClose={() => setNaming(undefined)}
        />
      )}
    </>
  );
}

const ViewName = ({ name }: { name: string }) => (
  <>
    <span className="pf-v6-screen-reader">View: </span>
    <span className="bellwire-view-name">{name}</span>
  </>
);

function emptyListText({ isPending, isError }: { isPending: boolean; isError: boolean }): string {
  if (isError) return "The views could not be loaded";
  return isPending ? "Loading…" : "You have not saved any";
}

/** The order of parameters in an address has no meaning. */
function isSameFilter(one: ListFilter, other: ListFilter): boolean {
  const text = (filter: ListFilter): string =>
    JSON.stringify(Object.entries(filter).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return text(one) === text(other);
}

/** The changes of views that need no dialog. A deleted view can be restored from the message. */
function useViewChanges() {
  const api = useApi();
  const offerUndo = useUndoToast();
  const update = useChange({
    change: ({ view, filter }: { view: SavedView; filter: ListFilter }) => changeView(api, view.id, { filter }),
    stale: [viewsKey],
    done: "The view was updated",
    failed: "The view could not be updated",
  });
  const remove = useChange({
    change: async (view: SavedView) => {
      await deleteView(api, view.id);
      return view;
    },
    stale: [viewsKey],
    failed: "The view could not be deleted",
    onDone: (view) =>
      offerUndo({
        title: `The view “${nameInText(view.name)}” was deleted`,
        undone: `The view “${nameInText(view.name)}” was restored`,
        undo: () => createView(api, view),
        stale: [viewsKey],
      }),
  });
  return { update, remove };
}

interface ViewNameDialogProps {
  /** Without it, the dialog saves a new view. */
  readonly view?: SavedView;
  readonly list: ListName;
  readonly filter: ListFilter;
  readonly onSaved: (view: SavedView) => void;
  readonly onClose: () => void;
}

/** Asks for the name of a view. */
function ViewNameDialog({ view, list, filter, onSaved, onClose }: ViewNameDialogProps) {
  const api = useApi();
  const { field, dialog } = useDialogForm({
    saved: { name: view?.name ?? "" },
    fields: ["name"],
    path: undefined,
    change: (typed) => {
      const name = fieldText(typed["name"]).trim();
      return view ? changeView(api, view.id, { name }) : createView(api, { list, name, filter });
    },
    stale: [viewsKey],
    done: view ? "The view was renamed" : "The view was saved",
    failed: view ? "The view could not be renamed" : "The view could not be saved",
    leave: (saved) => {
      onClose();
      onSaved(saved);
    },
    onClose,
  });
  return (
    <FormDialog
      title={view ? `Rename “${nameInText(view.name)}”` : "Save this view"}
      {...(!view && { description: `It contains the filters of the ${filteredLists[list].rows}. Only you see it.` })}
      submit={view ? "Rename" : "Save"}
      {...dialog}
    >
      <TextField {...field("name")} label="Name" isRequired />
    </FormDialog>
  );
}

/** A filter of a list that the user has named. */
export type SavedView = BellwireSchemas["View"];
type ViewList = SavedView["list"];

/** The parts of a view that its user sets. */
type ViewFields = Pick<SavedView, "list" | "name" | "filter">;

/** The key of all lists' views. */
const viewsKey = ["views"] as const;

/** Reads the user's views of a list, by name. */
const viewsQuery = (api: ApiClient, list: ViewList) =>
  queryOptions({
    queryKey: [...viewsKey, list],
    queryFn: async () => (await responseBody(api.GET("/api/v1/views", { params: { query: { list } } }))).data,
  });

const createView = (api: ApiClient, { list, name, filter }: ViewFields): Promise<SavedView> =>
  responseBody(api.POST("/api/v1/views", { body: { list, name, filter } }));

const changeView = (
  api: ApiClient,
  id: number,
  changed: Partial<Pick<ViewFields, "name" | "filter">>,
): Promise<SavedView> => responseBody(api.PATCH("/api/v1/views/{id}", { params: { path: { id } }, body: changed }));

const deleteView = (api: ApiClient, id: number): Promise<void> =>
  expectDeleted(api.DELETE("/api/v1/views/{id}", { params: { path: { id } } }));
