import {
  type Agent,
  type AgentClass,
  Bridge,
  BridgeError,
  type BridgeInput,
  Container,
  ExternalClock,
  type Limits,
  ScenarioError,
  type TraceLevel,
} from "../../src/index.ts";
import { Simulator } from "./simulator.ts";
import type { CreateResult, InitParams, InputData, Meta, OutputData, OutputRequest, SimId, Time } from "./types.ts";

/** How many sources an input attribute has: exactly `one`, whose value is given, or `all`, as `{ sourceId: value }`. */
export type InputArity = "one" | "all";

/** An agent class as a model of a co-simulation: each entity is one agent. */
export interface AgentModel {
  /** Class of the agents; it is constructed with one argument, the parameters of the entity. */
  readonly agent: AgentClass<Agent, [never]> | AgentClass;
  /** Parameters that `create` takes, besides `eid`, the id of entity and agent. */
  readonly params?: readonly string[];
  /** Attributes that the agent takes, all of a step in one call of the method named by `method`. */
  readonly inputs?: Readonly<Record<string, InputArity>>;
  /** Method that takes the inputs of a step as one object, `{ attr: value }`. */
  readonly method?: string;
  /** Attributes that others can read: names of the class's `outputs`. Default: all of them. */
  readonly outputs?: readonly string[];
}

/** What a population of agents needs besides its models. */
export interface AgentSimulatorOptions {
  readonly models: Readonly<Record<string, AgentModel>>;
  /** Steps from one step to the next if no agent has something due before; default 1. */
  readonly stepSize?: number;
  readonly seed?: number | string;
  /** Calendar time of step 0. */
  readonly start?: string;
  readonly trace?: TraceLevel;
  readonly limits?: Partial<Limits>;
}

/**
 * A population of agents as a time-based simulator: entities are agents, a step gives each agent its inputs, advances
 * the agents' clock to the step's time and returns when all of them have settled.
 *
 * It owns its container from `init` on and closes it in `finalize`.
 */
export class AgentSimulator extends Simulator {
  readonly meta: Meta;
  readonly #options: AgentSimulatorOptions;
  readonly #models = new Map<string, string>();
  #container: Container | undefined;
  #bridge: Bridge | undefined;

  constructor(options: AgentSimulatorOptions) {
    super();
    this.#options = options;
    const models = Object.entries(options.models).map(([name, model]) => {
      const attrs = [...Object.keys(model.inputs ?? {}), ...outputsOf(model)];
      return [name, { public: true, params: ["eid", ...(model.params ?? [])], attrs: [...new Set(attrs)] }] as const;
    });
    this.meta = { api_version: "3.0", type: "time-based", models: Object.fromEntries(models) };
  }

  /** The container that the agents live in; it is there after `init`, and readable after the run. */
  get container(): Container {
    if (this.#container === undefined) {
      throw new ScenarioError(
        "ERR_SCENARIO_NOT_STARTED",
        "the agents' container is there once the simulator was started",
      );
    }
    return this.#container;
  }

  override async init(_sid: SimId, params: InitParams): Promise<Meta> {
    const { seed = 0, start, trace, limits, stepSize = 1 } = this.#options;
    const clock = new ExternalClock(start === undefined ? {} : { start });
    this.#container = await Container.create({
      clock,
      seed,
      ...(trace === undefined ? {} : { trace }),
      ...(limits === undefined ? {} : { limits }),
    });
    const { ticksPerSecond } = clock.resolution;
    this.#bridge = new Bridge(this.#container, { unitS: params.timeResolution, ticksPerSecond, stepSize });
    return this.meta;
  }

  create(num: number, model: string, params: Readonly<Record<string, unknown>>): readonly CreateResult[] {
    const { eid, ...rest } = params;
    const { agent } = this.#options.models[model]!;
    return Array.from({ length: num }, () => {
      const id = eid === undefined ? `${model}-${this.#models.size}` : String(eid);
      this.container.spawn(agent as AgentClass, { id, args: [rest] });
      this.#models.set(id, model);
      return { eid: id, type: model };
    });
  }

  async step(time: Time, inputs: InputData): Promise<Time> {
    const given = Object.entries(inputs).map(([eid, attrs]) => this.#input(eid, attrs, time));
    return (await this.#bridge!.step(time, given))!;
  }

  getData(outputs: OutputRequest): OutputData {
    return Object.fromEntries(Object.entries(outputs).map(([eid, attrs]) => [eid, this.container.outputs(eid, attrs)]));
  }

  override async finalize(): Promise<void> {
    await this.#container?.close();
  }

  #input(eid: string, attrs: Readonly<Record<string, Readonly<Record<string, unknown>>>>, time: Time): BridgeInput {
    const { inputs = {}, method } = this.#options.models[this.#models.get(eid) ?? ""] ?? {};
    if (method === undefined) {
      throw new BridgeError("ERR_BRIDGE_INPUT", `agent "${eid}" takes no inputs, got ${Object.keys(attrs).join(", ")}`);
    }
    const values: Record<string, unknown> = {};
    for (const [attr, bySource] of Object.entries(attrs)) {
      const sources = Object.keys(bySource);
      if (inputs[attr] === "one" && sources.length !== 1) {
        const text = `input "${attr}" of agent "${eid}" at step ${time} has one source, got ${sources.length}: ${sources.join(", ")}`;
        throw new BridgeError("ERR_BRIDGE_INPUT", text, { agent: eid, method });
      }
      values[attr] = inputs[attr] === "one" ? bySource[sources[0]!] : bySource;
    }
    return { agent: eid, method, args: [values] };
  }
}

function outputsOf(model: AgentModel): readonly string[] {
  return model.outputs ?? model.agent.outputs;
}
