import { mkdirSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { registeredNames } from "../agent/agent-classes.ts";
import { Agent } from "../agent/index.ts";
import { ScenarioError } from "../errors.ts";
import { Recording } from "../observing.ts";
import type { FeedOp, Journal, RunStart, TraceEvent } from "../trace.ts";

/** Gives a scenario the recording that its user has asked for. */
export class ScenarioRecording {
  readonly #path: string | undefined;
  readonly #replace: boolean;
  /** Classes that loading the scenario has made known. */
  readonly #known = registeredNames();
  #used = false;

  /** @param path - Undefined: nothing is recorded. */
  constructor(path: string | undefined, { replace }: { readonly replace: boolean }) {
    this.#path = path;
    this.#replace = replace;
  }

  /** See `ScenarioContext.record`. */
  begin(options: { readonly modules?: readonly URL[] } = {}): Journal | undefined {
    if (this.#path === undefined) return undefined;
    if (this.#used) {
      throw new ScenarioError("ERR_SCENARIO_RECORDED", "the scenario records a second run; a recording is of one");
    }
    this.#used = true;
    return recordIn(this.#path, options.modules ?? [], { replace: this.#replace, known: this.#known });
  }

  /** @throws ScenarioError `ERR_SCENARIO_NOT_RECORDED` if a recording was asked for, and the scenario has made none. */
  assertUsed(): void {
    if (this.#path === undefined || this.#used) return;
    const text = `nothing was recorded in ${this.#path}: the scenario gives \`record()\` to none of its runs`;
    throw new ScenarioError("ERR_SCENARIO_NOT_RECORDED", text);
  }
}

/**
 * A recording in a folder that is there, of agents whose classes a replay finds.
 *
 * @param modules - Those that a replay loads; without any the user has to give it some.
 * @param replace - Whether a recording of that name may be replaced.
 * @param known - Names of classes that were registered when the program's own module had been loaded.
 */
export function recordIn(
  path: string,
  modules: readonly URL[],
  { replace, known = registeredNames() }: { readonly replace: boolean; readonly known?: readonly string[] },
): Journal {
  mkdirSync(dirname(resolve(path)), { recursive: true });
  return new ReplayableRecording(new Recording(path, { modules, replace }), modules, known);
}

/** Refuses, at the start of a run, an agent whose class no replay would find. */
class ReplayableRecording implements Journal {
  readonly #journal: Journal;
  /** Those of the program, then also those that the run names. */
  #modules: readonly string[];
  readonly #classes: Set<string>;

  constructor(journal: Journal, modules: readonly URL[], known: readonly string[]) {
    this.#journal = journal;
    this.#modules = modules.map(({ href }) => href);
    this.#classes = new Set(known);
  }

  async begin(run: RunStart): Promise<void> {
    const before = new Set(registeredNames());
    this.#modules = [...new Set([...this.#modules, ...run.modules])];
    for (const module of this.#modules) {
      for (const value of Object.values((await import(module)) as Record<string, unknown>)) {
        if (typeof value === "function" && value.prototype instanceof Agent) this.#classes.add(value.name);
      }
    }
    for (const name of registeredNames()) if (!before.has(name)) this.#classes.add(name);
    await this.#journal.begin(run);
  }

  feed(op: FeedOp, tag: { readonly ticks: number; readonly round: number }, content: readonly unknown[]): void {
    if (op === "spawn" && this.#modules.length > 0) this.#requireClass(String(content[0]));
    this.#journal.feed(op, tag, content);
  }

  events(batch: readonly TraceEvent[]): void {
    this.#journal.events(batch);
  }

  settle(): Promise<void> {
    return this.#journal.settle();
  }

  end(traceHash: string | undefined): Promise<void> {
    return this.#journal.end(traceHash);
  }

  #requireClass(name: string): void {
    if (this.#classes.has(name)) return;
    const files = this.#modules.map((module) => relative(process.cwd(), fileURLToPath(module))).join(" or ");
    const text = `the recording could not be replayed: ${files} has no class ${name}; write \`export class ${name}\` there`;
    throw new ScenarioError("ERR_SCENARIO_RECORDED_CLASS", text);
  }
}
