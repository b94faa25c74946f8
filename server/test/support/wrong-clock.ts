/** Loaded before the product (`--import`): shifts the clock of the process by `WRONG_CLOCK_MS`. */
const offMs = Number(process.env["WRONG_CLOCK_MS"] ?? "0");
const right = Date;
const wrongNow = (): number => right.now() + offMs;

globalThis.Date = new Proxy(right, {
  construct: (target, given, newTarget) =>
    Reflect.construct(
      target,
      given.length === 0 ? [wrongNow()] : given,
      newTarget === globalThis.Date ? target : newTarget,
    ),
  get: (target, name) => (name === "now" ? wrongNow : Reflect.get(target, name)),
});
