import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ScenarioError } from "../errors.ts";
import { Recording } from "../observing.ts";
import type { Journal } from "../trace.ts";

/** Gives a scenario the recording that its user has asked for. */
export class ScenarioRecording {
  readonly #path: string | undefined;
  #used = false;

  /** @param path - Undefined: nothing is recorded. */
  constructor(path: string | undefined) {
    this.#path = path;
  }

  /** See `ScenarioContext.record`. */
  begin(options: { readonly modules?: readonly URL[] } = {}): Journal | undefined {
    if (this.#path === undefined) return undefined;
    if (this.#used) {
      throw new ScenarioError("ERR_SCENARIO_RECORDED", "the scenario records a second run; a recording is of one");
    }
    this.#used = true;
    mkdirSync(dirname(resolve(this.#path)), { recursive: true });
    return new Recording(this.#path, options);
  }

  /** @throws ScenarioError `ERR_SCENARIO_NOT_RECORDED` if a recording was asked for, and the scenario has made none. */
  assertUsed(): void {
    if (this.#path === undefined || this.#used) return;
    const text = `nothing was recorded in ${this.#path}: the scenario gives \`record()\` to none of its runs`;
    throw new ScenarioError("ERR_SCENARIO_NOT_RECORDED", text);
  }
}
