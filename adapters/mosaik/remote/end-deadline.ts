import { after } from "../../../src/cosim/index.ts";

/** Wall time until a simulator has been finalised, once mosaik has said stop or is gone. */
export const GRACE_MS = 4500;

/** Part of it that a call may take which is still being answered. */
export const CALL_GRACE_MS = 3000;

/**
 * Bounds the end of a simulator whose mosaik is gone: nobody is left to end its process, which is over within 5 s
 * therefore. Starts with its construction.
 */
export class EndDeadline {
  readonly #cancels: (() => void)[] = [];
  readonly #callLate = this.#after(CALL_GRACE_MS);
  readonly #allLate = this.#after(GRACE_MS);

  /** Wait for the call that is being answered. @returns Whether it has ended in time. Rejected if `work` is. */
  forCall(work: void | Promise<void>): Promise<boolean> {
    return Promise.race([Promise.resolve(work).then(() => true), this.#callLate]);
  }

  /** Wait for what comes after it, in what is left of the time. */
  forAll(work: void | Promise<void>): Promise<boolean> {
    return Promise.race([Promise.resolve(work).then(() => true), this.#allLate]);
  }

  end(): void {
    for (const cancel of this.#cancels) cancel();
  }

  #after(ms: number): Promise<false> {
    return new Promise((resolve) => this.#cancels.push(after(ms, () => resolve(false))));
  }
}
