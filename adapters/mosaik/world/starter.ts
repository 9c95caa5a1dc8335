import type { SimId } from "../../../src/cosim/index.ts";
import { checkMeta, listed, ScenarioError } from "../../../src/cosim/index.ts";
import { SimNode } from "../scheduler/sim-node.ts";
import type { SimGroup } from "../scheduler/tiered-time.ts";
import { makeSimulator, type SimConfig, type SimulatorOf } from "./config.ts";
import { createHandle, type HandleContext, type ModelsOf, type SimulatorHandle } from "./handle.ts";
import { checkStart, type StartParams, type WorldSettings } from "./options.ts";
import { proxyOf, type RequestContext } from "./requests.ts";

/** Where simulators can be started: a world, or a group within it. */
export interface SimulatorStarter<C extends SimConfig = SimConfig> {
  /**
   * Start the simulator that the configuration calls `name`.
   *
   * @returns Its handle: models to create entities of, its extra methods, `sid`, `meta`, `entity(eid)`.
   * @throws `ScenarioError` `ERR_SCENARIO_UNKNOWN_SIMULATOR`, `ERR_SCENARIO_SIM_ID`, `ERR_SCENARIO_COMMAND`; `BridgeError`
   *   `ERR_BRIDGE_META`, `ERR_BRIDGE_SIMULATOR_FAILED` if `init` throws; of a remote simulator `ERR_BRIDGE_START`,
   *   `ERR_BRIDGE_TIMEOUT`, `ERR_BRIDGE_LOST`. Nothing of the simulator is left then.
   */
  start<N extends keyof C & string>(
    name: N,
    params?: StartParams,
  ): Promise<SimulatorHandle & ModelsOf<SimulatorOf<C, N>>>;
  /** The same, with models and extra methods as the caller declares them. */
  start<M extends object>(name: string, params?: StartParams): Promise<SimulatorHandle & M>;
  /**
   * Make a group, or one within this group: simulators that `build` starts by its argument may be connected weakly, for
   * same-time loops.
   *
   * @returns What `build` returns.
   */
  group<T>(build: (group: SimulatorStarter<C>) => T | Promise<T>): Promise<T>;
}

/** What starting needs of its world. */
export interface StartContext extends RequestContext, HandleContext {
  readonly config: SimConfig;
  readonly settings: WorldSettings;
  /** In the order of starting; an entry is there before its `init` has answered. */
  readonly sims: Map<SimId, SimNode>;
  /** Those whose `init` has answered. */
  readonly ready: Set<SimNode>;
}

/** Starts the simulators of a world. */
export class Starter {
  readonly #context: StartContext;
  readonly #counts = new Map<string, number>();

  constructor(context: StartContext) {
    this.#context = context;
  }

  /** See `World.start`. */
  async start(group: SimGroup, name: string, params: StartParams): Promise<SimulatorHandle> {
    const { config, settings, sims, ready } = this.#context;
    const { timeResolution } = settings;
    checkStart(name, params);
    this.#context.assertOpen(`starting ${name}`);
    const { simId, ...rest } = params;
    const { startTimeoutMs, stopTimeoutMs, stepTimeoutMs: callTimeoutMs, onOutput } = settings;
    const onLine = (line: string) => onOutput(sim.sid, line);
    const { simulator, remote } = makeSimulator(config, name, { startTimeoutMs, stopTimeoutMs, callTimeoutMs, onLine });
    const sim: SimNode = new SimNode(this.#claimId(name, simId), simulator, group, timeResolution, remote);
    sims.set(sim.sid, sim);
    try {
      simulator.mosaik = proxyOf(sim, this.#context);
      const meta = await sim.call("init", () => simulator.init(sim.sid, { ...rest, timeResolution }));
      sim.meta = checkMeta(sim.site("init"), meta);
      if (sim.meta.type !== "event-based") sim.firstStep = 0;
      const handle = createHandle(sim, this.#context);
      ready.add(sim);
      return handle;
    } catch (error) {
      if (sim.remote !== undefined) await simulator.finalize();
      sims.delete(sim.sid);
      throw error;
    }
  }

  /** Ids are given when `start` is called, not when it settles. */
  #claimId(name: string, simId: SimId | undefined): SimId {
    const { sims } = this.#context;
    const count = this.#counts.get(name) ?? 0;
    const sid = simId ?? `${name}-${count}`;
    const refuse = (problem: string) => new ScenarioError("ERR_SCENARIO_SIM_ID", `simulator id "${sid}" ${problem}`);
    if (typeof sid !== "string" || sid === "" || sid.includes(".")) throw refuse("must be a name without a dot");
    if (sims.has(sid)) throw refuse(`is taken; there are: ${listed(sims.keys())}`);
    if (simId === undefined) this.#counts.set(name, count + 1);
    return sid;
  }
}
