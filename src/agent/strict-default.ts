/** Shared by all copies of this package in a program: the command line may be another one than the scenario's. */
const KEY = Symbol.for("cosimas.strict");

/** Make all containers strict that do not say otherwise: `cosimas run --strict`. */
export function setStrictByDefault(): void {
  (globalThis as Record<symbol, unknown>)[KEY] = true;
}

/** Whether a container is strict that does not say. */
export function strictByDefault(): boolean {
  return (globalThis as Record<symbol, unknown>)[KEY] === true;
}
