import { useState } from "react";
import { flushSync } from "react-dom";
import { expect, test } from "vitest";
import { mount } from "../testing/in-portal.tsx";
import { useMatchSelection } from "./bulk/match-selection.tsx";
import { type ListColumn, ListTable, type ListTableProps } from "./list-table.tsx";

interface Ship {
  readonly id: number;
  readonly name: string;
}

const ships = [
  { id: 4, name: "Mira" },
  { id: 6, name: "Karl" },
];
const columns: readonly ListColumn<Ship>[] = [
  { title: "Ship", show: ({ name }) => name, place: "title", isName: true },
  { title: "Berth", show: ({ id }) => id, place: "start", isLabelled: true },
  { title: "Flag", show: () => "NL" },
];

const show = (more: Partial<ListTableProps<Ship, number>>): HTMLElement =>
  mount(<ListTable label="Ships" rows={ships} columns={columns} keyOf={({ id }) => id} {...more} />);

test("each cell has a position in the two-line layout or is hidden there", () => {
  const cells = [...show({}).querySelectorAll("tbody tr:first-child td")];
  expect(cells.map(({ className }) => /bellwire-at-\w+/.exec(className)?.[0])).toEqual([
    "bellwire-at-title",
    "bellwire-at-start",
    "bellwire-at-none",
  ]);
  expect(cells.filter((cell) => cell.matches(".bellwire-labelled")).map((cell) => cell.textContent)).toEqual(["4"]);
});

test("a menu is named after its row, and a row without actions has none", () => {
  const place = show({
    nameOf: ({ name }) => name,
    actionsOf: ({ id }) => (id === 4 ? [{ title: "Moor" }] : []),
  });
  const menus = [...place.querySelectorAll("button")].map((button) => button.getAttribute("aria-label"));
  expect(menus).toEqual(["Actions for Mira"]);
});

test("the header's checkbox selects all rows of the page, and is indeterminate if only some are selected", () => {
  const ticked: unknown[] = [];
  const onTick = (keys: readonly number[], isTicked: boolean): void => void ticked.push([keys, isTicked]);
  const place = show({ nameOf: ({ name }) => name, selection: { has: (id) => id === 6, onTick } });
  const boxes = [...place.querySelectorAll("input")];
  expect(boxes.map((box) => [box.getAttribute("aria-label"), box.checked, box.indeterminate])).toEqual([
    ["Select all ships on this page", false, true],
    ["Select Mira", false, false],
    ["Select Karl", true, false],
  ]);
  boxes[0]?.click();
  boxes[1]?.click();
  expect(ticked).toEqual([
    [[4, 6], true],
    [[4], true],
  ]);
});

test("rows that load later or are ticked leave the others as they are", () => {
  const fleet = [...ships, { id: 8, name: "Elbe" }];
  let rendered: string[] = [];
  const watched: typeof columns = [
    {
      title: "Ship",
      show: ({ name }) => {
        rendered.push(name);
        return name;
      },
    },
  ];
  function Fleet() {
    const [isFull, setFull] = useState(false);
    return (
      <>
        <ListTable
          label="Ships"
          rows={isFull ? fleet : ships}
          columns={watched}
          keyOf={({ id }) => id}
          selection={useMatchSelection({}, [])}
        />
        <button onClick={() => setFull(true)}>More</button>
      </>
    );
  }
  const place = mount(<Fleet />);
  const renderedBy = (selector: string): readonly string[] => {
    rendered = [];
    flushSync(() => place.querySelector<HTMLElement>(selector)?.click());
    return rendered;
  };
  expect(renderedBy("button")).toEqual(["Elbe"]);
  expect(renderedBy("#tick-6")).toEqual([]);
});

/** Figures of a chart, and attempts, whose rows expand. */
const ownTables = ["./charts/chart-table.tsx", "../pages/delivery/delivery-page.tsx"];

test("no page shows a list as label and value pairs on a phone", () => {
  const sources = import.meta.glob<string>(["../**/*.tsx", "!../**/*.test.tsx"], {
    query: "?raw",
    import: "default",
    eager: true,
  });
  const withTables = Object.entries(sources).filter(([, source]) => /<Table\b/.test(source));
  expect(withTables.map(([path]) => path).toSorted()).toEqual([...ownTables, "./list-table.tsx"].toSorted());
});
