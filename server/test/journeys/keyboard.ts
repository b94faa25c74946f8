import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";

/** Maximum number of steps from the start page to an answer. A step is a press of Enter, like a click of a pointer. */
const stepsMax = 5;
/** More stops than a page has, or entries than a menu. */
const stopsMax = 250;

/**
 * Opens a page of the Admin Portal as a link within it does, which takes a tenth of the time of loading all of it. Resolves once
 * the page is rendered.
 */
export async function openWithinPortal(page: Page, path: string): Promise<void> {
  await page.evaluate(`new Promise((resolve) => {
    const stop = self.__TSR_ROUTER__.subscribe("onRendered", () => resolve(stop()));
    history.pushState({}, "", ${JSON.stringify(path)});
  })`);
}

type Role = "link" | "button" | "menuitem" | "tab" | "checkbox" | "combobox" | "option" | "textbox";

/** Uses the Admin Portal with the keyboard only: moves with Tab, presses Enter, and counts the keys. */
export class KeyboardVisitor {
  readonly page: Page;
  readonly #url: string;
  #steps = 0;

  constructor(page: Page, url: string) {
    this.page = page;
    this.#url = url;
  }

  /** Signs in at a path of the Admin Portal. */
  async signIn(path: string, { username, password }: { username: string; password: string }): Promise<void> {
    await this.page.goto(`${this.#url}/p/admin${path}`);
    await this.page.fill("[name=username]", username);
    await this.page.fill("[name=password]", password);
    await this.page.press("[name=password]", "Enter");
    await this.page.getByRole("link", { name: "Deliveries" }).first().waitFor();
  }

  /** Opens a page from the present one, with the count of steps at zero. */
  async start(path = "/"): Promise<void> {
    await openWithinPortal(this.page, `/p/admin${path}`);
    this.#steps = 0;
  }

  /** Loads all of the Admin Portal again, at its start page. It handles keys once its navigation is shown. */
  async reload(): Promise<void> {
    await this.page.goto(`${this.#url}/p/admin`);
    await this.page.getByRole("link", { name: "Deliveries" }).first().waitFor();
    this.#steps = 0;
  }

  /** Goes to the first element with a role and name, and presses Enter. */
  async press(role: Role, name: string | RegExp): Promise<void> {
    await this.pressOn(this.page.getByRole(role, { name, exact: typeof name === "string" }), role);
  }

  async pressOn(target: Locator, role?: Role): Promise<void> {
    this.#countStep();
    await this.#focus(target, role === "menuitem" ? "ArrowDown" : "Tab");
    await this.page.keyboard.press("Enter");
  }

  /** Goes to a field, types a text and presses Enter. A field that has opened has the focus already. */
  async type(field: Locator, text: string): Promise<void> {
    await this.#focus(field, "Tab");
    await this.page.keyboard.type(text);
    await this.page.keyboard.press("Enter");
  }

  /** Goes to a select, and chooses an option by typing the beginning of its name. */
  async choose(label: string, option: string): Promise<void> {
    this.#countStep();
    await this.#focus(this.page.getByLabel(label, { exact: true }), "Tab");
    await this.page.keyboard.type(option);
  }

  async sees(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor();
  }

  isFocused(target: Locator): Promise<boolean> {
    return hasFocus(target);
  }

  /** Waits until an element has the focus. A failure shows the one that has it instead. */
  async seesFocus(target: Locator): Promise<void> {
    const present = () => this.page.evaluate<string>("document.activeElement.outerHTML.slice(0, 300)");
    await expect.poll(async () => (await hasFocus(target)) || present(), { message: String(target) }).toBe(true);
  }

  /** The accounts of the rows of a list. */
  accounts(): Promise<readonly string[]> {
    return this.page.locator("td[data-label=Account]").allInnerTexts();
  }

  #countStep(): void {
    this.#steps += 1;
    expect(this.#steps).toBeLessThanOrEqual(stepsMax);
  }

  async #focus(target: Locator, key: "Tab" | "ArrowDown"): Promise<void> {
    await target.first().waitFor();
    if (key === "Tab") {
      const stops = await stopsBefore(target);
      await this.#pressOften(stops < 0 ? "Shift+Tab" : "Tab", Math.abs(stops));
    }
    for (let stop = 0; stop < stopsMax; stop += 1) {
      if (await hasFocus(target)) return;
      await this.page.keyboard.press(key);
    }
    throw new Error(`${key} does not reach ${String(target)}`);
  }

  /** Does not await each press, because most stops only lead to the next. */
  async #pressOften(key: string, times: number): Promise<void> {
    await Promise.all(Array.from({ length: times }, () => this.page.keyboard.press(key)));
  }
}

/** Any of the elements that match is as good as another: Tab reaches one first. */
const hasFocus = (target: Locator): Promise<boolean> =>
  target.evaluateAll((elements) => elements.some((element) => element === element.ownerDocument.activeElement));

/**
 * Counts the stops from the focus to a few before an element, because a group of buttons may be one stop. Negative, if these are before
 * the focus. The title of a page may have the focus, and is no stop.
 */
const stopsBefore = (target: Locator): Promise<number> =>
  target.first().evaluate((element) => {
    const { activeElement, body } = element.ownerDocument;
    const all = [...body.querySelectorAll("a[href], button, input, select, textarea, [tabindex]")];
    const stops = all.filter((each) => each.checkVisibility() && !each.matches(":disabled, [tabindex='-1']"));
    const passed = stops.findLastIndex(
      (stop) =>
        stop === activeElement ||
        (activeElement !== null &&
          (stop.compareDocumentPosition(activeElement) & stop.DOCUMENT_POSITION_FOLLOWING) !== 0),
    );
    const distance = stops.findIndex((stop) => stop === element) - passed;
    return distance > 0 ? Math.max(0, distance - 3) : distance - 3;
  });
