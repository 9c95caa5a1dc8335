import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ScenarioError } from "../errors.ts";
import { partialOf } from "../recording/target.ts";

/** What a run has come to; see `ScenarioContext.result`. */
export type Figures = Readonly<Record<string, number | string | boolean>>;

/** Columns of a sweep's table that are its own. */
export const OWN_COLUMNS = ["exit_code", "trace_hash", "wall_s", "recording"];

const FILE = "result.json";

/** Keeps the figures of one run in its folder. */
export class RunResult {
  readonly #outDir: string;
  readonly #parameters: readonly string[];
  #figures: Figures = {};

  /** @param parameters - Names of the scenario's parameters: they are columns of a sweep, too. */
  constructor(outDir: string, parameters: readonly string[]) {
    this.#outDir = outDir;
    this.#parameters = parameters;
    rmSync(join(outDir, FILE), { force: true }); // of an earlier run
  }

  /** See `ScenarioContext.result`. */
  add(figures: Figures): void {
    for (const [name, value] of Object.entries(figures)) {
      const isTaken = OWN_COLUMNS.includes(name) || this.#parameters.includes(name) || name === "seed";
      if (!/^[A-Za-z]\w*$/.test(name) || isTaken) {
        const why = isTaken ? "is a column of sweeps already" : "must be of letters, digits and _, a letter first";
        throw new ScenarioError("ERR_SCENARIO_RESULT", `result: the name ${JSON.stringify(name)} ${why}`);
      }
      if (!["string", "boolean"].includes(typeof value) && !Number.isFinite(value)) {
        const text = `result: ${name} must be a finite number, a text, true or false, got ${String(value)}`;
        throw new ScenarioError("ERR_SCENARIO_RESULT", text);
      }
    }
    this.#figures = { ...this.#figures, ...figures };
    mkdirSync(this.#outDir, { recursive: true });
    const file = join(this.#outDir, FILE);
    const partial = partialOf(file);
    writeFileSync(partial, `${JSON.stringify(this.#figures, undefined, 2)}\n`);
    renameSync(partial, file);
  }
}

/** What the run that wrote to `outDir` has come to; nothing if it did not say. */
export function figuresIn(outDir: string): Figures {
  try {
    return JSON.parse(readFileSync(join(outDir, FILE), "utf8")) as Figures;
  } catch {
    return {};
  }
}
