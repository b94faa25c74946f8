import {
  Button,
  Dropdown,
  DropdownItem,
  DropdownList,
  Label,
  LabelGroup,
  MenuToggle,
  type MenuToggleElement,
  ToggleGroup,
  ToggleGroupItem,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from "@patternfly/react-core";
import FilterIcon from "@patternfly/react-icons/dist/esm/icons/filter-icon";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, type Ref, useRef, useState } from "react";
import { accountQuery } from "../../api/accounts.ts";
import { useApi } from "../../api/bellwire-client.ts";
import { endpointsQuery } from "../../api/endpoints.ts";
import { eventTypesQuery } from "../../api/events.ts";
import type { ListFilter } from "../../api/filters.ts";
import { useManagement } from "../../api/management-client.ts";
import { TextFilter } from "../lists.tsx";
import { FilterEditor } from "./filter-editor.tsx";
import {
  type FilterDefinition,
  type FilterNamesById,
  type ListName,
  definitionsFor,
  describeFilter,
  filteredLists,
} from "./filter-table.ts";
import { SavedViews } from "./saved-views.tsx";
import { TimeFilter } from "./time-filter.tsx";

export interface FilterBarProps {
  readonly list: ListName;
  readonly filter: ListFilter;
  readonly onChange: (filter: ListFilter) => void;
  /** More controls at the end, such as the order. */
  readonly children?: ReactNode;
}

/** The filter that is being edited, and the element beside which its editor opens. */
interface Editing {
  readonly definition: FilterDefinition;
  readonly anchor: HTMLElement;
}

/** Filters a list by text, time, any of its filters, and saved views. The address of the page contains the filter. */
export function FilterBar({ list, filter, onChange, children }: FilterBarProps) {
  const [editing, setEditing] = useState<Editing>();
  const change = (changed: ListFilter): void => onChange(withoutEmpty({ ...filter, ...changed }));
  const definitions = definitionsFor(list);
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <Toolbar inset={{ default: "insetNone" }} className="bellwire-filter-bar">
      <ToolbarContent>
        <TextFilter
          label={`Search ${filteredLists[list].rows}`}
          placeholder="Id, name, error or payload"
          value={filter.q}
          onChange={(q = "") => change({ q })}
        />
        <ToolbarItem>
          <TimeFilter filter={filter} onChange={change} />
        </ToolbarItem>
        <ToolbarItem>
          <AddFilter
            definitions={definitions.filter(({ name }) => !filter[name])}
            onChoose={(definition, anchor) => setEditing({ definition, anchor })}
          />
        </ToolbarItem>
        <ToolbarItem>
          <QuickFilters list={list} filter={filter} onChange={change} />
        </ToolbarItem>
        <ToolbarItem>
          <SavedViews list={list} filter={filter} onChoose={onChange} />
        </ToolbarItem>
        {children}
      </ToolbarContent>
      {isFiltered && (
        <ToolbarContent>
          <ToolbarItem>
            <FilterChips
              definitions={definitions}
              filter={filter}
              onEdit={(definition, anchor) => setEditing({ definition, anchor })}
              onChange={change}
            />
          </ToolbarItem>
          <ToolbarItem>
            <Button variant="link" isInline onClick={() => onChange({})}>
              Clear filters
            </Button>
          </ToolbarItem>
        </ToolbarContent>
      )}
      {editing && (
        <FilterEditor
          key={editing.definition.name}
          definition={editing.definition}
          value={filter[editing.definition.name]}
          anchor={editing.anchor}
          onChange={(value) => change({ [editing.definition.name]: value })}
          onClose={() => setEditing(undefined)}
        />
      )}
    </Toolbar>
  );
}

/** A cleared filter must not stay in the address. */
const withoutEmpty = (filter: ListFilter): ListFilter =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined && value !== ""));

interface AddFilterProps {
  readonly definitions: readonly FilterDefinition[];
  readonly onChoose: (definition: FilterDefinition, anchor: HTMLElement) => void;
}

/** The menu of the filters that are not set. */
function AddFilter({ definitions, onChoose }: AddFilterProps) {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLElement>(null);
  const toggle = (ref: Ref<MenuToggleElement>) => (
    <MenuToggle
      ref={(element: MenuToggleElement | null) => {
        button.current = element;
        if (typeof ref === "function") ref(element);
        else if (ref) ref.current = element;
      }}
      icon={<FilterIcon />}
      isExpanded={isOpen}
      onClick={() => setOpen(!isOpen)}
    >
      Add filter
    </MenuToggle>
  );
  const choose = (name: unknown): void => {
    setOpen(false);
    const definition = definitions.find((each) => each.name === name);
    if (definition && button.current) onChoose(definition, button.current);
  };
  return (
    <Dropdown
      isOpen={isOpen}
      onOpenChange={setOpen}
      onSelect={(_, name) => choose(name)}
      toggle={toggle}
      isScrollable
      maxMenuHeight="24rem"
    >
      <DropdownList>
        {definitions.map(({ name, label }) => (
          <DropdownItem key={name} value={name}>
            {label}
          </DropdownItem>
        ))}
      </DropdownList>
    </Dropdown>
  );
}

interface QuickFiltersProps {
  readonly list: ListName;
  readonly filter: ListFilter;
  readonly onChange: (changed: ListFilter) => void;
}

/** The filters that are used most. Each is turned on and off by one press. */
function QuickFilters({ list, filter, onChange }: QuickFiltersProps) {
  const { quick } = filteredLists[list];
  return (
    <ToggleGroup aria-label="Quick filters">
      {quick.map(({ label, values }) => {
        const entries = Object.entries(values);
        const isOn = entries.every(([name, value]) =>
          Object.entries(filter).some(([it, is]) => it === name && is === value),
        );
        const off = Object.fromEntries(entries.map(([name]) => [name, ""]));
        return (
          <ToggleGroupItem
            key={label}
            text={label}
            buttonId={`quick-${label.toLowerCase().replaceAll(" ", "-")}`}
            isSelected={isOn}
            onChange={() => onChange(isOn ? off : values)}
          />
        );
      })}
    </ToggleGroup>
  );
}

interface FilterChipsProps {
  readonly definitions: readonly FilterDefinition[];
  readonly filter: ListFilter;
  readonly onEdit: (definition: FilterDefinition, anchor: HTMLElement) => void;
  readonly onChange: (changed: ListFilter) => void;
}

/** The filters that are set, each with its value. A press edits it. */
function FilterChips({ definitions, filter, onEdit, onChange }: FilterChipsProps) {
  const names = useNamesById(filter);
  const chips = definitions.filter(({ name }) => filter[name]);
  return (
    <LabelGroup aria-label="Filters" numLabels={20}>
      {chips.map((definition) => {
        const { name, label } = definition;
        const value = filter[name] ?? "";
        const words = name === "account" ? (names.account ?? value) : describeFilter(definition, value, names);
        return (
          <Label
            key={name}
            color="blue"
            textMaxWidth="min(24rem, 55vw)"
            onClick={({ currentTarget }) => {
              if (currentTarget instanceof HTMLElement) onEdit(definition, currentTarget);
            }}
            closeBtnAriaLabel={`Remove the filter ${label}: ${words}`}
            onClose={() => onChange({ [name]: "" })}
          >
            {label}: {words}
          </Label>
        );
      })}
    </LabelGroup>
  );
}

/** Reads the names of the ids in a filter. */
function useNamesById({ account }: ListFilter): FilterNamesById & { readonly account: string | undefined } {
  const api = useApi();
  const { data: endpoints } = useQuery(endpointsQuery(api));
  const { data: types } = useQuery(eventTypesQuery(api));
  const isId = account !== undefined && /^\d+$/.test(account);
  const { data: found } = useQuery({ ...accountQuery(useManagement(), Number(account)), enabled: isId });
  return {
    endpoints: new Map(endpoints?.map(({ id, name }) => [String(id), name])),
    eventTypes: new Map(types?.map(({ type, label }) => [type, label])),
    account: isId ? found?.org_name : undefined,
  };
}
