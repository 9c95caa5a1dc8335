/**
 * A program that looks after this one, as that of `cosimas federate`: it hears signals, logs what HELICS prints, and ends
 * what is left. So HELICS may block this program's event loop, and populations have it inline if nothing of theirs needs
 * the loop while a grant is waited for.
 */
import { HelicsError } from "./errors.ts";
import type { HelicsIsolation } from "./federate-options.ts";

/** How the program that looks after this one is reached. */
export interface Supervisor {
  /** A descriptor whose other end it holds: a byte, or its end, is the end of the federation. */
  readonly fd: number;
  /** Called once a thread reads the descriptor: the end of the other program is its affair from now on. */
  taken(): void;
}

let supervisor: Supervisor | undefined;

/** Another program looks after this one. */
export function superviseBy(other: Supervisor): void {
  supervisor = other;
}

/** The program that looks after this one, if one does. */
export function ownSupervisor(): Supervisor | undefined {
  return supervisor;
}

/**
 * Where HELICS is called for a population.
 *
 * @param needsLoop - What of it needs the event loop during a grant, if anything does: it cannot be inline then.
 * @param mayNeedLoop - It is a simulator of others, which may have sockets: it is inline only if that was given.
 * @throws HelicsError `ERR_HELICS_INLINE` if it is to be inline all the same.
 */
export function isolationFor(
  given: HelicsIsolation | undefined,
  federate: string,
  needsLoop: string | undefined,
  mayNeedLoop = false,
): HelicsIsolation {
  if (given === "inline" && needsLoop !== undefined) {
    const text = `${needsLoop} cannot do without the event loop, which stands still in a grant if HELICS is inline`;
    const remedy = 'take one container that is inline, or helicsIsolation "process"';
    throw new HelicsError("ERR_HELICS_INLINE", text, { federate, remedy });
  }
  if (given !== undefined) return given;
  return supervisor === undefined || needsLoop !== undefined || mayNeedLoop ? "process" : "inline";
}
