import { registerAgentClass } from "../agent/agent-classes.ts";
import type { Agent, AgentClass } from "../agent/index.ts";
import {
  boolean,
  checkOptions,
  either,
  func,
  listOf,
  nested,
  type OptionCheck,
  type OptionChecks,
  oneOf,
  required,
  shown,
  string,
  text,
} from "../options.ts";
import type { Attr, ModelMeta, SimulatorType } from "./types.ts";

/** How many sources an input has: exactly `one`, whose value is given, or `all`, as `{ sourceId: value }`. */
export type InputArity = "one" | "all";

/** An input attribute of an agent. */
export interface AgentInput {
  readonly sources: InputArity;
  /** Does a value cause a step? Default: of an event-based population always, of another never. */
  readonly trigger?: boolean;
}

/**
 * What kind of output an attribute is:
 * - `state`: a field or getter that holds until the next step; read whenever somebody is connected (persistent).
 * - `change`: a field or getter that is put out only when it differs from what was put out last, at first from null.
 * - `event`: what the agent has emitted by `this.emit(name, value)` since the step before; nothing otherwise. Of several
 *   values the last one, and Node warns once (`COSIMAS_EVENTS_REPLACED`).
 * - `events`: all that it has emitted since the step before, as a list of `{ time, value }` in their order, `time` in seconds
 *   since the start of the run; nothing if there was none.
 */
export type AgentOutput = "state" | "change" | "event" | "events";

/** An agent class as a model of a co-simulation: each entity is one agent. {@link agentModel} makes a checked one. */
export interface AgentModel {
  /** Class of the agents; it is constructed with one argument, the parameters of the entity. */
  readonly agent: AgentClass<Agent, [never]> | AgentClass;
  /** Parameters that `create` takes, besides `eid`, the id of entity and agent. */
  readonly params?: readonly string[];
  /** Method that takes the inputs of a step as one object, `{ attr: value }`; attributes without a value are not there. */
  readonly method?: string;
  /** Attributes that the agent takes, all of a step in one call of `method`. */
  readonly inputs?: Readonly<Record<Attr, InputArity | AgentInput>>;
  /** Attributes that others can read: names of the class's `outputs`, all of them by default, and of which kind. */
  readonly outputs?: readonly Attr[] | Readonly<Record<Attr, AgentOutput>>;
}

/** What an agent's constructor takes. */
type ParamsOf<C extends AgentClass> =
  ConstructorParameters<C> extends [(infer P)?, ...unknown[]] ? NonNullable<P> : unknown;

/** Methods of an agent that take one object: candidates for its inputs. */
type InputMethod<A> = {
  // biome-ignore lint/suspicious/noExplicitAny: any result will do
  [M in keyof A & string]: A[M] extends (inputs: infer I) => any ? (I extends object ? M : never) : never;
}[keyof A & string];

// biome-ignore lint/suspicious/noExplicitAny: any result will do
type InputsOf<A, M extends keyof A> = A[M] extends (inputs: infer I) => any ? I : never;

/** `all` gives an object by source. */
type ArityOf<T> = NonNullable<T> extends Readonly<Record<string, unknown>> ? InputArity : "one";
type InputsSpec<I> = {
  readonly [N in keyof I]-?: ArityOf<I[N]> | { readonly sources: ArityOf<I[N]>; readonly trigger?: boolean };
};
type OutputName<C extends AgentClass> = C["outputs"][number];

/** An {@link AgentModel} whose names are those of the class. */
export interface AgentModelSpec<C extends AgentClass, M extends InputMethod<InstanceType<C>>> {
  readonly params?: readonly (keyof ParamsOf<C> & string)[];
  readonly method?: M;
  /** Every property of what `method` takes, and no other. */
  readonly inputs?: InputsSpec<InputsOf<InstanceType<C>, M>>;
  readonly outputs?: readonly OutputName<C>[] | { readonly [N in OutputName<C>]?: AgentOutput };
}

/**
 * Declare a class of agents as a model of a co-simulation; a name that the class does not have is a compile-time error.
 *
 * Called while a module loads, it also makes the class known to whoever loads the module for its agents: containers of a
 * platform, and a replay. A class that is made a model later, within a function, has to be exported for that.
 *
 * @param agent - Constructed with one argument, the parameters of the entity.
 * @param spec - What of it is visible; see {@link AgentModel}.
 */
export function agentModel<C extends AgentClass, M extends InputMethod<InstanceType<C>> = never>(
  agent: C,
  spec: AgentModelSpec<C, M> = {},
): AgentModel {
  const model = { agent, ...spec } as AgentModel;
  checkModel("agentModel", model);
  registerAgentClass(agent);
  return model;
}

const ARITY = oneOf(["one", "all"] satisfies InputArity[]);
const INPUT: OptionChecks<AgentInput> = { sources: required(ARITY), trigger: boolean };
const KIND = oneOf(["state", "change", "event", "events"] satisfies AgentOutput[]);

const MODEL: OptionChecks<AgentModel> = {
  agent: required({ ...func, allowed: "a class of agents" }),
  params: listOf(text),
  method: text,
  inputs: byAttr(either(ARITY, nested(INPUT))),
  outputs: either(listOf(string), byAttr(KIND)),
};

/** An object by attribute; which attributes there are is the class's affair. */
function byAttr(check: OptionCheck): OptionCheck {
  const { accepts, allowed } = nested({});
  return {
    allowed: `${allowed} with ${check.allowed} for each attribute`,
    accepts,
    inside: (of, path, value) => {
      for (const [attr, item] of Object.entries(value as object)) {
        checkOptions(of, { [`${path}.${attr}`]: item }, { [`${path}.${attr}`]: required(check) });
      }
    },
  };
}

/**
 * Check the names and kinds of what is said about a model.
 *
 * @param of - Who says it.
 * @throws TypeError `ERR_OPTION_UNKNOWN` with the nearest name, `ERR_OPTION_TYPE`.
 */
export function checkModel(of: string, model: AgentModel): void {
  checkOptions(of, model, MODEL);
  const { agent } = model;
  if (Array.isArray((agent as Partial<AgentClass>).outputs)) return;
  const text = `${of}: agent must be a class of agents, got ${shown(agent)}`;
  throw Object.assign(new TypeError(text), { code: "ERR_OPTION_TYPE" });
}

/** The inputs of a model, spelled out. */
export function inputsOf(type: SimulatorType, { inputs = {} }: AgentModel): ReadonlyMap<Attr, Required<AgentInput>> {
  const spelled = Object.entries(inputs).map(([attr, input]) => {
    const { sources, trigger = type === "event-based" } = typeof input === "string" ? { sources: input } : input;
    return [attr, { sources, trigger }] as const;
  });
  return new Map(spelled);
}

/** The outputs of a model and their kinds; those of an event-based population without a kind are put out on change. */
export function outputsOf(type: SimulatorType, { agent, outputs }: AgentModel): ReadonlyMap<Attr, AgentOutput> {
  const given = outputs ?? agent.outputs;
  if (!Array.isArray(given)) return new Map(Object.entries(given as Readonly<Record<Attr, AgentOutput>>));
  return new Map((given as readonly Attr[]).map((attr) => [attr, type === "event-based" ? "change" : "state"]));
}

/**
 * What mosaik is told about a model.
 *
 * @throws TypeError if the declaration contradicts the class, itself, or the population's type.
 */
export function modelMeta(type: SimulatorType, name: string, model: AgentModel): ModelMeta {
  const refuse = (problem: string) => new TypeError(`model "${name}": ${problem}`);
  const inputs = inputsOf(type, model);
  const outputs = outputsOf(type, model);
  const { agent, method, params = [] } = model;
  if (inputs.size > 0 && typeof (method && Reflect.get(agent.prototype, method)) !== "function") {
    throw refuse(`its inputs need a method of ${agent.name} that takes them, got ${String(method)}`);
  }
  for (const [attr, { trigger }] of inputs) {
    if (trigger && type === "time-based") throw refuse(`input "${attr}" triggers: the population must be "hybrid"`);
    if (!trigger && type === "event-based") throw refuse(`input "${attr}" of an event-based population triggers`);
    if (outputs.has(attr)) throw refuse(`"${attr}" is an input and an output; give one another name`);
  }
  for (const [attr, kind] of outputs) {
    if (!agent.outputs.includes(attr)) throw refuse(`${agent.name}.outputs does not list "${attr}"`);
    if (kind !== "state" && type === "time-based")
      throw refuse(`output "${attr}" is of kind ${kind}: the population must be "hybrid" or "event-based"`);
    if (kind === "state" && type === "event-based")
      throw refuse(`output "${attr}" of an event-based population is a change or an event`);
  }
  const meta = { public: true, params: ["eid", ...params], attrs: [...inputs.keys(), ...outputs.keys()] };
  if (type !== "hybrid") return meta;
  const names = <T>(all: ReadonlyMap<Attr, T>, which: (value: T) => boolean) =>
    [...all].filter(([, value]) => which(value)).map(([attr]) => attr);
  const passing = names(outputs, (kind) => kind !== "state");
  return { ...meta, trigger: names(inputs, ({ trigger }) => trigger), "non-persistent": passing };
}
