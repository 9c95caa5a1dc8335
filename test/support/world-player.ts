import {
  type Entity,
  keywords,
  type SimConfig,
  type SimulatorHandle,
  type SimulatorStarter,
  World,
} from "cosimas/mosaik";
import type { EndPlan, ScenarioPlan, SimulatorPlan } from "./mosaik-arbitrary.ts";
import { plain } from "./mosaik-script.ts";

/** A simulator of a generated scenario, as its plan makes it. */
type ScriptHandle = SimulatorHandle & {
  hello(...args: unknown[]): Promise<unknown>;
  M: { create(num: number, params: Readonly<Record<string, unknown>>): Promise<Entity[]> };
};

/** Plays a generated scenario in a `World`, as `mosaik_driver.py` does in mosaik. */
export class WorldPlayer {
  readonly world: World;
  /** What the scenario saw: answers of extra methods, entities, data. */
  readonly seen: Record<string, unknown> = {};
  readonly #scenario: ScenarioPlan;
  readonly #entities = new Map<string, readonly Entity[]>();

  /** @param config - By simulator id. */
  constructor(scenario: ScenarioPlan, config: SimConfig) {
    const { timeResolution, cache } = scenario;
    this.#scenario = scenario;
    this.world = new World(config, { timeResolution, cache });
  }

  /** Build the scenario and run it; the world stays open. */
  async play(): Promise<void> {
    const { world } = this;
    const { sims, looks, until } = this.#scenario;
    await this.#startAll(world, 0, sims);
    this.#connectAll();
    for (const { sid, initialEvents } of sims) for (const time of initialEvents) world.setInitialEvent(sid, time);
    if (looks) {
      const first = this.#entities.get(sims[0]!.sid)![0]!;
      this.seen["before"] = plain([...(await world.getData([first], "a")).values()]);
    }
    await world.run({ until });
  }

  /** Start simulators; those in a row that are in one further group are started within it. */
  async #startAll(at: SimulatorStarter, depth: number, sims: readonly SimulatorPlan[]): Promise<void> {
    for (let i = 0; i < sims.length; ) {
      const group = sims[i]!.group[depth];
      if (group === undefined) {
        await this.#start(at, sims[i++]!);
        continue;
      }
      const row: SimulatorPlan[] = [];
      while (i < sims.length && sims[i]!.group[depth] === group) row.push(sims[i++]!);
      await at.group((inner) => this.#startAll(inner, depth + 1, row));
    }
  }

  async #start(at: SimulatorStarter, { sid, script, hello, creates, log }: SimulatorPlan): Promise<void> {
    const handle = await at.start<ScriptHandle>(sid, { simId: sid, script, ...(log !== undefined && { log }) });
    const seen: unknown[] = [];
    this.seen[sid] = seen;
    if (hello !== null) seen.push(plain(await handle.hello(...hello.args, keywords(hello.kwargs))));
    const made: Entity[] = [];
    for (const { num, params } of creates) made.push(...(await handle.M.create(num, params)));
    seen.push(made.map(entityText));
    this.#entities.set(sid, made.flatMap(family));
  }

  #connectAll(): void {
    const entity = ({ sid, entity }: EndPlan) => {
      const entities = this.#entities.get(sid)!;
      return entities[entity % entities.length]!;
    };
    for (const { src, dest, shift, weak, async: asyncRequests, initial } of this.#scenario.connections) {
      this.world.connect(entity(src), entity(dest), [src.attr, dest.attr], {
        ...(shift > 0 && { timeShifted: shift }),
        ...(weak && { weak }),
        ...(initial !== undefined && { initialData: { [src.attr]: initial } }),
        ...(asyncRequests && { asyncRequests }),
      });
    }
  }
}

function family(entity: Entity): Entity[] {
  return [entity, ...entity.children.flatMap(family)];
}

function entityText({ fullId, type, extraInfo, children }: Entity): unknown {
  return [fullId, type, plain(extraInfo ?? null), children.map(entityText)];
}
