// Not from the room's face, which reaches for connections: a population runs in a page, too.

import { agentExports } from "../agent/agent-modules.ts";
import { Container } from "../agent/container.ts";
import type { AgentClass, TraceLevel } from "../agent/index.ts";
import { Calendar, ExternalClock } from "../clock/index.ts";
import type { ValueType } from "../codec/index.ts";
import { BridgeError, ScenarioError } from "../errors.ts";
import { warn } from "../host.ts";
import type { CommunicationModel } from "../kernel/communication.ts";
import { naming } from "../kernel/journal.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import {
  checkOptions,
  either,
  LIMITS,
  number,
  type OptionChecks,
  object,
  oneOf,
  required,
  string,
  text,
  withMethods,
} from "../options.ts";
import type { Journal } from "../trace.ts";
import { AgentInputs, type InputTaker } from "./agent-inputs.ts";
import { type AgentModel, type AgentOutput, checkModel, inputsOf, modelMeta, outputsOf } from "./agent-model.ts";
import { AgentOutputs } from "./agent-outputs.ts";
import type { AgentTopology } from "./agent-topology.ts";
import { Bridge, type BridgeInput } from "./bridge.ts";
import { isPromise } from "./contract.ts";
import type { PlacedInputs } from "./input-layout.ts";
import type { Population, PopulationOptions } from "./population.ts";
import { Simulator } from "./simulator.ts";
import type {
  Attr,
  CreateResult,
  EntityId,
  InitParams,
  InputData,
  Meta,
  ModelMeta,
  OutputData,
  OutputRequest,
  SimId,
  SimulatorType,
  Time,
} from "./types.ts";

/** What a population of agents needs besides its models. */
export interface AgentSimulatorOptions extends PopulationOptions {
  readonly models: Readonly<Record<string, AgentModel>>;
  /** When the population is stepped; default `time-based`. */
  readonly type?: SimulatorType;
  /**
   * Steps from one step to the next if no agent has something due before. Default: 1 if time-based; otherwise none, only
   * agents' timers and inputs that trigger cause a step.
   */
  readonly stepSize?: number;
  readonly seed?: number | string;
  /** Calendar time of step 0. */
  readonly start?: string;
  readonly trace?: TraceLevel;
  readonly limits?: Partial<Limits>;
  /** Which agents know each other, by the ids of their entities; those that it does not name know nobody. */
  readonly topology?: AgentTopology;
  /**
   * How messages between agents travel, instead of what `module` exports as `communication`. On several containers it is data:
   * a link function has to come from the module.
   */
  readonly communication?: CommunicationModel;
  /** Keeps the run, as `ContainerOptions.record`. */
  readonly record?: Journal | undefined;
}

const CHECKS: OptionChecks<AgentSimulatorOptions> = {
  models: required(object),
  type: oneOf(["time-based", "event-based", "hybrid"]),
  stepSize: number({ integer: true, min: 1 }),
  seed: either(number(), string),
  start: text,
  trace: oneOf(["off", "hash", "full"]),
  limits: LIMITS,
  record: withMethods("a Recording", "begin", "feed", "events", "settle", "end"),
  containers: number({ integer: true, min: 1 }),
  isolation: oneOf(["inline", "thread", "process"]),
  module: either(text, object),
  communication: object,
  topology: withMethods("a Topology of agents", "has", "neighbours"),
};

/** A model, as the steps need it. */
interface ModelEntry extends InputTaker {
  readonly agent: AgentClass;
  readonly outputs: ReadonlyMap<Attr, AgentOutput>;
}

/**
 * A population of agents as a simulator: entities are agents, a step gives each agent its inputs, advances the agents'
 * clock to the step's time and returns when all of them have settled. What the agents have due between two steps runs
 * at its own time; the next of it brings the next step, at the first whole unit that is not before it.
 *
 * The agents live in a container, or on several containers of a platform: see {@link PopulationOptions}. It owns them from
 * `init` on and closes them in `finalize`.
 */
export class AgentSimulator extends Simulator {
  readonly meta: Meta;
  readonly #options: AgentSimulatorOptions;
  readonly #stepSize: number | undefined;
  readonly #models = new Map<string, ModelEntry>();
  readonly #entities = new Map<EntityId, ModelEntry>();
  readonly #inputs = new AgentInputs((eid) => this.#entity(eid));
  #warned = false;
  #journal: Journal | undefined;
  /** What the command line asks for, where the simulator's author has left it open. */
  #spread: PopulationOptions = {};
  #population: Population | undefined;
  #bridge: Bridge | undefined;
  #outputs: AgentOutputs | undefined;

  /** @throws TypeError if a model contradicts its class, itself or the population's type; for wrong options. */
  constructor(options: AgentSimulatorOptions) {
    super();
    checkOptions("AgentSimulator", options, CHECKS);
    if (options.start !== undefined) new Calendar(options.start); // a date, or refused now
    this.#options = options;
    this.#journal = options.record;
    const { type = "time-based", stepSize } = options;
    this.#stepSize = stepSize ?? (type === "time-based" ? 1 : undefined);
    const models: Record<string, ModelMeta> = {};
    for (const [name, model] of Object.entries(options.models)) {
      checkModel(`AgentSimulator: model "${name}"`, model);
      models[name] = modelMeta(type, name, model);
      const { agent, method } = model;
      const inputs = inputsOf(type, model);
      const entry = {
        agent: agent as AgentClass,
        method,
        inputs,
        inputList: [...inputs],
        outputs: outputsOf(type, model),
      };
      this.#models.set(name, entry);
    }
    this.meta = { api_version: "3.0", type, models };
  }

  /** Let `journal` keep the run; before `init`. */
  recordIn(journal: Journal): void {
    this.#journal = journal;
  }

  /** Let the agents live on so many containers, unless this simulator's own options say how many; before `init`. */
  spreadOver(options: PopulationOptions): void {
    this.#spread = options;
  }

  /** Outputs of a model and their kinds, as it was declared; none for a model that is not there. */
  outputsOf(model: string): ReadonlyMap<Attr, AgentOutput> {
    return this.#models.get(model)?.outputs ?? new Map();
  }

  /** The agents: there after `init`, and readable after the run. */
  get population(): Population {
    if (this.#population !== undefined) return this.#population;
    const text = "the agents' population is there once the simulator was started";
    throw new ScenarioError("ERR_SCENARIO_NOT_STARTED", text);
  }

  /**
   * The container that the agents live in: there after `init`, and readable after the run.
   *
   * @throws ScenarioError `ERR_SCENARIO_NOT_STARTED`; `ERR_SCENARIO_CONTAINERS` if they live on several.
   */
  get container(): Container {
    const { population } = this;
    if (population instanceof Container) return population;
    const text = "the agents live on several containers; use `population`, which has counts, traceHash and attach";
    throw new ScenarioError("ERR_SCENARIO_CONTAINERS", text);
  }

  override async init(_sid: SimId, params: InitParams): Promise<Meta> {
    const population = await this.#makePopulation();
    this.#population = population;
    this.#bridge = new Bridge(population, {
      unitS: params.timeResolution,
      ticksPerSecond: population.ticksPerSecond,
      // Only the others are stepped again at one time, in mosaik's same-time loops.
      repeats: this.meta.type !== "time-based",
      ...(this.#stepSize === undefined ? {} : { stepSize: this.#stepSize }),
    });
    this.#outputs = new AgentOutputs(population, (eid) => this.#entity(eid).outputs);
    return this.meta;
  }

  async #makePopulation(): Promise<Population> {
    const { seed = 0, start, trace, limits, communication } = this.#options;
    const containers = this.#options.containers ?? this.#spread.containers ?? 1;
    const isolation = this.#options.isolation ?? this.#spread.isolation ?? "inline";
    const module = this.#options.module ?? this.#spread.module;
    const common = { seed, record: this.#journal, ...(trace && { trace }), ...(limits && { limits }) };
    if (containers === 1 && isolation === "inline") {
      const clock = new ExternalClock(start === undefined ? {} : { start });
      const record = common.record && module ? naming(common.record, module) : common.record;
      return Container.create({ ...common, ...(await sharedBy(module, communication)), record, clock });
    }
    if (module === undefined) {
      const text =
        `a population on ${containers} containers (${isolation}) needs the module that each of them loads: give ` +
        'AgentSimulator the option module, as new URL("./agents.ts", import.meta.url)';
      throw new ScenarioError("ERR_SCENARIO_CONTAINERS", text);
    }
    // Threads and processes are loaded when there is use for them: a page has none.
    const { Platform } = await import("../platform/index.ts");
    const given = { ...(start !== undefined && { start }), ...(communication !== undefined && { communication }) };
    return Platform.create({ ...common, containers, isolation, module, ...given });
  }

  create(
    num: number,
    model: string,
    params: Readonly<Record<string, unknown>>,
  ): readonly CreateResult[] | Promise<readonly CreateResult[]> {
    if (num > DEFAULT_LIMITS.nodesMax) {
      throw new RangeError(`create: at most ${DEFAULT_LIMITS.nodesMax} agents are made at a time, got ${num}`);
    }
    const { eid, ...rest } = params;
    const entry = this.#models.get(model)!;
    const made: CreateResult[] = [];
    const spawning: PromiseLike<unknown>[] = [];
    for (let i = 0; i < num; i++) {
      const id = eid === undefined ? `${model}-${this.#entities.size}` : String(eid);
      const spawned = this.population.spawn(entry.agent, { id, args: [rest], ...this.#knowing(id) });
      if (isPromise(spawned)) spawning.push(spawned);
      this.#entities.set(id, entry);
      made.push({ eid: id, type: model });
    }
    return spawning.length === 0 ? made : Promise.all(spawning).then(() => made);
  }

  /** Whom an agent knows, as an option of its spawn. */
  #knowing(id: string): { neighbours?: readonly string[] } {
    const { topology } = this.#options;
    return topology?.has(id) === true ? { neighbours: topology.neighbours(id) } : {};
  }

  async step(time: Time, inputs: InputData): Promise<Time | null> {
    return this.#step(time, this.#inputs.calls(inputs, time));
  }

  /** As `step`, of inputs in known places; only if it {@link takesPlaces}. @internal */
  async stepPlaced(time: Time, inputs: PlacedInputs): Promise<Time | null> {
    return this.#step(time, this.#inputs.placedCalls(inputs, time));
  }

  /** Whether nobody sees inputs by entity: a class with a `step` of its own does. @internal */
  get takesPlaces(): boolean {
    return this.step === AgentSimulator.prototype.step;
  }

  async #step(time: Time, given: readonly BridgeInput[]): Promise<Time | null> {
    const next = await this.#bridge!.step(time, given);
    this.#outputs!.stepped();
    if (this.meta.type === "time-based") this.#warnBetween(time, next!);
    return next ?? null;
  }

  getData(outputs: OutputRequest): Promise<OutputData> {
    return this.#outputs!.get(outputs);
  }

  /**
   * As `getData`, the values alone, in the order of what is asked for; undefined if there is to be an object of them, in which
   * some may be missing, or which a class with a `getData` of its own makes.
   *
   * @param outputs - Frozen, and the same object as long as the same is asked for.
   * @internal
   */
  getValues(outputs: OutputRequest): unknown[] | undefined {
    return this.getData === AgentSimulator.prototype.getData ? this.#outputs!.values(outputs) : undefined;
  }

  override async finalize(): Promise<void> {
    await this.#population?.close();
  }

  /** Once: what agents do between two units of mosaik's time is put out late. */
  #warnBetween(time: Time, next: Time): void {
    const event = this.#bridge!.nextEvent;
    if (this.#warned || event === undefined || Number.isInteger(event)) return;
    this.#warned = true;
    const text =
      `after step ${time} agents have something due at ${event}, between two steps: it runs at its own time, and what ` +
      `comes of it is put out at step ${next}. If others are to be stepped by it, make the population "hybrid" and that ` +
      'output a "change" or an "event"';
    warn(text, "COSIMAS_BETWEEN_STEPS");
  }

  #entity(eid: EntityId): ModelEntry {
    const entry = this.#entities.get(eid);
    if (entry !== undefined) return entry;
    throw new BridgeError("ERR_BRIDGE_INPUT", `there is no entity "${eid}"`, { agent: eid });
  }
}

/**
 * What the module of the agents exports for every container of theirs, so that it holds in the only one, too: registered types,
 * and how messages travel, unless `given` says that.
 */
async function sharedBy(module: URL | string | undefined, given: CommunicationModel | undefined) {
  const exported: { types?: readonly ValueType[]; communication?: CommunicationModel } =
    module === undefined ? {} : await agentExports(module);
  const { types, communication } = { ...exported, ...(given && { communication: given }) };
  return { ...(types && { types }), ...(communication && { communication }) };
}

/** Whether a simulator is given inputs in known places, and not as objects. */
export function takesPlaces(simulator: Simulator): simulator is AgentSimulator {
  return simulator instanceof AgentSimulator && simulator.takesPlaces;
}
