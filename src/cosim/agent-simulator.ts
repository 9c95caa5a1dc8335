import { type AgentClass, Container, type TraceLevel } from "../agent/index.ts";
import { ExternalClock } from "../clock/index.ts";
import { BridgeError, ScenarioError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { Journal } from "../trace.ts";
import { type AgentInput, type AgentModel, type AgentOutput, inputsOf, modelMeta, outputsOf } from "./agent-model.ts";
import { AgentOutputs } from "./agent-outputs.ts";
import { Bridge, type BridgeInput } from "./bridge.ts";
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
export interface AgentSimulatorOptions {
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
  /** Keeps the run, as `ContainerOptions.record`. */
  readonly record?: Journal | undefined;
}

/** A model, as the steps need it. */
interface ModelEntry {
  readonly agent: AgentClass;
  readonly method: string | undefined;
  readonly inputs: ReadonlyMap<Attr, Required<AgentInput>>;
  readonly outputs: ReadonlyMap<Attr, AgentOutput>;
}

/**
 * A population of agents as a simulator: entities are agents, a step gives each agent its inputs, advances the agents'
 * clock to the step's time and returns when all of them have settled. What the agents have due between two steps runs
 * at its own time; the next of it brings the next step, at the first whole unit that is not before it.
 *
 * It owns its container from `init` on and closes it in `finalize`.
 */
export class AgentSimulator extends Simulator {
  readonly meta: Meta;
  readonly #options: AgentSimulatorOptions;
  readonly #stepSize: number | undefined;
  readonly #models = new Map<string, ModelEntry>();
  readonly #entities = new Map<EntityId, ModelEntry>();
  #warned = false;
  #journal: Journal | undefined;
  #container: Container | undefined;
  #bridge: Bridge | undefined;
  #outputs: AgentOutputs | undefined;

  /** @throws TypeError if a model contradicts its class, itself or the population's type. */
  constructor(options: AgentSimulatorOptions) {
    super();
    this.#options = options;
    this.#journal = options.record;
    const { type = "time-based", stepSize } = options;
    this.#stepSize = stepSize ?? (type === "time-based" ? 1 : undefined);
    const models: Record<string, ModelMeta> = {};
    for (const [name, model] of Object.entries(options.models)) {
      models[name] = modelMeta(type, name, model);
      const { agent, method } = model;
      const entry = {
        agent: agent as AgentClass,
        method,
        inputs: inputsOf(type, model),
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
    const { seed = 0, start, trace, limits } = this.#options;
    const clock = new ExternalClock(start === undefined ? {} : { start });
    const container = await Container.create({
      clock,
      seed,
      ...(trace === undefined ? {} : { trace }),
      ...(limits === undefined ? {} : { limits }),
      record: this.#journal,
    });
    this.#container = container;
    this.#bridge = new Bridge(container, {
      unitS: params.timeResolution,
      ticksPerSecond: clock.resolution.ticksPerSecond,
      // Only the others are stepped again at one time, in mosaik's same-time loops.
      repeats: this.meta.type !== "time-based",
      ...(this.#stepSize === undefined ? {} : { stepSize: this.#stepSize }),
    });
    this.#outputs = new AgentOutputs(container, (eid) => this.#entity(eid).outputs);
    return this.meta;
  }

  create(num: number, model: string, params: Readonly<Record<string, unknown>>): readonly CreateResult[] {
    const { eid, ...rest } = params;
    const entry = this.#models.get(model)!;
    return Array.from({ length: num }, () => {
      const id = eid === undefined ? `${model}-${this.#entities.size}` : String(eid);
      this.container.spawn(entry.agent, { id, args: [rest] });
      this.#entities.set(id, entry);
      return { eid: id, type: model };
    });
  }

  async step(time: Time, inputs: InputData): Promise<Time | null> {
    const given: BridgeInput[] = [];
    for (const eid of Object.keys(inputs)) given.push(this.#input(eid, inputs[eid]!, time));
    const next = await this.#bridge!.step(time, given);
    this.#outputs!.stepped();
    if (this.meta.type === "time-based") this.#warnBetween(time, next!);
    return next ?? null;
  }

  getData(outputs: OutputRequest): Promise<OutputData> {
    return this.#outputs!.get(outputs);
  }

  override async finalize(): Promise<void> {
    await this.#container?.close();
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
    process.emitWarning(text, { type: "CosimasWarning", code: "COSIMAS_BETWEEN_STEPS" });
  }

  #entity(eid: EntityId): ModelEntry {
    const entry = this.#entities.get(eid);
    if (entry !== undefined) return entry;
    throw new BridgeError("ERR_BRIDGE_INPUT", `there is no entity "${eid}"`, { agent: eid });
  }

  #input(eid: EntityId, attrs: InputData[string], time: Time): BridgeInput {
    const { inputs, method } = this.#entity(eid);
    const values: Record<string, unknown> = {};
    for (const attr of Object.keys(attrs)) {
      const input = inputs.get(attr);
      if (input === undefined || method === undefined) {
        const taken = [...inputs.keys()].join(", ") || "none";
        throw new BridgeError("ERR_BRIDGE_INPUT", `agent "${eid}" takes no input "${attr}"; its inputs: ${taken}`);
      }
      const bySource = attrs[attr]!;
      const sources = Object.keys(bySource);
      if (input.sources === "one" && sources.length !== 1) {
        const text = `input "${attr}" of agent "${eid}" at step ${time} has one source, got ${sources.length}: ${sources.join(", ")}`;
        throw new BridgeError("ERR_BRIDGE_INPUT", text, { agent: eid, method });
      }
      values[attr] = input.sources === "one" ? bySource[sources[0]!] : bySource;
    }
    return { agent: eid, method: method!, args: [values] };
  }
}
