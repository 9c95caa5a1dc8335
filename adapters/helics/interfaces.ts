import { AgentSimulator, type Meta, type Simulator } from "../../src/cosim/index.ts";
import type { HelicsConfiguration, InterfaceConfiguration } from "./configuration.ts";
import { HelicsError } from "./errors.ts";
import {
  type EndpointSpec,
  type InputSpec,
  type Interfaces,
  type PublicationSpec,
  valueType,
} from "./federate-options.ts";
import type { ValueTypeName } from "./process/protocol.ts";

/** Where an input's values come from: a publication by its global name, or messages to an endpoint of this federate. */
export type InputSource =
  | string
  | {
      /** Global name of the publication, as `grid/bus-3/vm_pu`. */
      readonly publication: string;
      /** What the agent gets; HELICS converts. Default: what the publication has. */
      readonly type?: ValueTypeName;
      /** Units that the agent gets; HELICS converts. */
      readonly units?: string;
      /** Value until the first has come; without it the input is left out until then. */
      readonly initial?: unknown;
      /** Whether there has to be such a publication. Default true. */
      readonly required?: boolean;
    }
  | {
      /** Name of the endpoint, global: `agents/orders`. The agent gets an array of {@link AgentMessage}. */
      readonly endpoint: string;
      /** How the messages' bytes are read: `json`, `string` or `bytes`. Default `json`. */
      readonly type?: "json" | "string" | "bytes";
    };

/** A message as an agent gets it. */
export interface AgentMessage {
  /** Endpoint that sent it. */
  readonly from: string;
  /** When it was due, in seconds. */
  readonly timeS: number;
  readonly value: unknown;
}

/** Where an output goes: a publication, or messages from an endpoint of this federate. */
export type OutputTarget =
  | { readonly publication?: string; readonly type?: ValueTypeName; readonly units?: string }
  | {
      /** Name of the endpoint, global; default `<federate>/<entity>/<attribute>`. */
      readonly endpoint?: string;
      /** Endpoints that get each value as a message, as JSON unless it is text or bytes. */
      readonly to: string | readonly string[];
    };

/** An entity of the population, which is an agent, and what it is connected to. */
export interface EntitySpec {
  readonly model: string;
  readonly eid: string;
  readonly params?: Readonly<Record<string, unknown>>;
  /** By attribute. */
  readonly inputs?: Readonly<Record<string, InputSource | readonly InputSource[]>>;
  /** By attribute; default: all outputs of the model, each published as `<federate>/<entity>/<attribute>`. */
  readonly outputs?: readonly string[] | Readonly<Record<string, OutputTarget>>;
}

/** An attribute of an entity. */
interface Attribute {
  readonly eid: string;
  readonly attr: string;
}

/** A publication and whose output it is. */
export interface Published extends Attribute {
  readonly spec: PublicationSpec;
}

/** An input of the federate, and of which agent. */
export interface Received extends Attribute {
  readonly spec: InputSpec;
  readonly initial: unknown;
  /** Its value causes a step, and is given once. */
  readonly trigger: boolean;
}

/** An output whose values are messages. */
export interface Sending extends Attribute {
  readonly endpoint: number;
  readonly to: readonly string[];
}

/** An input whose values are messages. */
export interface Receiving extends Attribute {
  readonly type: "json" | "string" | "bytes";
}

/** All interfaces of a population, and of which agents they are. */
export interface PopulationInterfaces extends Interfaces {
  readonly published: readonly Published[];
  readonly received: readonly Received[];
  readonly sending: readonly Sending[];
  /** By the number of the endpoint. */
  readonly receiving: ReadonlyMap<number, Receiving>;
}

/** Values of outputs before the first step, from which the types of publications come. */
type Shown = (eid: string, attr: string) => unknown;

/**
 * The interfaces of a population's entities, from what was given and from a configuration of HELICS.
 *
 * @throws {@link HelicsError} `ERR_HELICS_CONFIGURATION` for an entity or attribute that is not there; `ERR_HELICS_TYPE`.
 */
export function interfacesOf(
  federate: string,
  meta: Meta,
  entities: readonly EntitySpec[],
  configuration: HelicsConfiguration | undefined,
  shown: Shown,
): PopulationInterfaces {
  const builder = new Builder(federate, meta, entities, shown);
  for (const entity of entities) builder.addEntity(entity);
  if (configuration !== undefined) builder.addConfiguration(configuration);
  return builder;
}

/** Values that the outputs of a population have now. */
export async function shownBy(simulator: Simulator, entities: readonly EntitySpec[]): Promise<Shown> {
  if (!(simulator instanceof AgentSimulator)) return () => undefined;
  const request = new Map(entities.map(({ eid, model }) => [eid, [...simulator.outputsOf(model).keys()]]));
  const values = await simulator.population.read(request);
  return (eid, attr) => values.get(eid)?.[attr];
}

class Builder implements PopulationInterfaces {
  readonly published: Published[] = [];
  readonly received: Received[] = [];
  readonly sending: Sending[] = [];
  readonly receiving = new Map<number, Receiving>();
  readonly endpoints: EndpointSpec[] = [];
  readonly #federate: string;
  readonly #meta: Meta;
  readonly #entities: ReadonlyMap<string, EntitySpec>;
  readonly #shown: Shown;

  constructor(federate: string, meta: Meta, entities: readonly EntitySpec[], shown: Shown) {
    this.#federate = federate;
    this.#meta = meta;
    this.#entities = new Map(entities.map((entity) => [entity.eid, entity]));
    this.#shown = shown;
  }

  get publications(): readonly PublicationSpec[] {
    return this.published.map(({ spec }) => spec);
  }

  get inputs(): readonly InputSpec[] {
    return this.received.map(({ spec }) => spec);
  }

  addEntity({ eid, inputs = {}, outputs = [] }: EntitySpec): void {
    for (const [attr, sources] of Object.entries(inputs)) {
      this.#check(eid, attr, "inputs");
      for (const source of Array.isArray(sources) ? sources : [sources])
        this.#addInput({ eid, attr }, source as InputSource);
    }
    const targets = Array.isArray(outputs)
      ? outputs.map((attr) => [attr, {}] as const)
      : Object.entries(outputs as Readonly<Record<string, OutputTarget>>);
    for (const [attr, target] of targets) {
      this.#check(eid, attr, "outputs");
      this.#addOutput({ eid, attr }, target);
    }
  }

  /** Interfaces of a file name their agents by `info`, as `pv-1.p_mw`, or by their keys. */
  addConfiguration({ publications = [], subscriptions = [], inputs = [], endpoints = [] }: HelicsConfiguration): void {
    for (const item of publications) {
      const { attribute, key, extra, type, unit } = this.#fromFile("publications", item);
      this.#publish(attribute, { publication: key, ...(type && { type }), ...(unit && { units: unit }) }, extra);
    }
    for (const [list, items] of Object.entries({ subscriptions, inputs })) {
      for (const item of items) {
        const { attribute, key, extra, type, unit } = this.#fromFile(list, item);
        const { targets, target = targets, required, connection_required = required ?? true, ...others } = extra;
        const from = list === "subscriptions" ? [key] : [target ?? []].flat();
        const { default: initial, ...rest } = others;
        for (const publication of from as string[]) {
          const source = { publication, initial, required: connection_required === true };
          this.#addInput(attribute, { ...source, ...(type && { type }), ...(unit && { units: unit }) }, rest);
        }
      }
    }
    for (const item of endpoints) {
      const { attribute, key, extra } = this.#fromFile("endpoints", item);
      const { destination, default_destination = destination, target = default_destination, ...rest } = extra;
      if (target === undefined) this.#addEndpoint({ ...attribute }, key, "json", rest);
      else this.#send(attribute, key, [target].flat() as string[], rest);
    }
  }

  #fromFile(list: string, item: InterfaceConfiguration) {
    const { key: own, name = own, info, type, unit, units = unit, global = false, ...extra } = item;
    if (name === undefined) throw this.#refuse(`an entry of ${list} has no key`);
    const key = global || list === "subscriptions" ? name : `${this.#federate}/${name}`;
    const [, eid = "", attr = ""] = /^(.*)[./]([^./]+)$/.exec(info ?? name) ?? [];
    const attribute = { eid, attr };
    if (!this.#entities.has(eid)) {
      const says = info === undefined ? "its key" : `its info "${info}"`;
      throw this.#refuse(`"${name}" of ${list} is of no agent: ${says} is to be "<entity>.<attribute>"`);
    }
    this.#check(eid, attr, list);
    const wanted = list === "endpoints" ? undefined : valueType(type, `"${name}" of ${list}`);
    return { attribute, key, extra, type: wanted, unit: units as string | undefined };
  }

  #addInput(attribute: Attribute, source: InputSource, extra?: Readonly<Record<string, unknown>>): void {
    const given = typeof source === "string" ? { publication: source } : source;
    if ("endpoint" in given) {
      this.#addEndpoint(attribute, given.endpoint, given.type ?? "json");
      return;
    }
    const { publication: target, type, units, initial, required = true } = given;
    const key = `${attribute.eid}/${attribute.attr}/${this.received.length}`;
    const spec: InputSpec = {
      key,
      target,
      type: type ?? "any",
      required,
      ...(units && { units }),
      ...(extra && { extra }),
    };
    const { type: population } = this.#meta;
    const triggers = this.#meta.models[this.#entities.get(attribute.eid)!.model]?.trigger ?? [];
    const trigger = population === "event-based" || (population === "hybrid" && triggers.includes(attribute.attr));
    this.received.push({ ...attribute, spec, initial, trigger });
  }

  #addOutput(attribute: Attribute, target: OutputTarget): void {
    if ("to" in target) {
      const endpoint = target.endpoint ?? `${this.#federate}/${attribute.eid}/${attribute.attr}`;
      this.#send(attribute, endpoint, [target.to].flat());
    } else this.#publish(attribute, target);
  }

  #publish(
    attribute: Attribute,
    { publication, type, units }: { publication?: string; type?: ValueTypeName; units?: string },
    extra?: Readonly<Record<string, unknown>>,
  ): void {
    const { eid, attr } = attribute;
    const key = publication ?? `${this.#federate}/${eid}/${attr}`;
    const spec = {
      key,
      type: type ?? typeOf(this.#shown(eid, attr)),
      ...(units && { units }),
      ...(extra && { extra }),
    };
    this.published.push({ ...attribute, spec });
  }

  #addEndpoint(
    attribute: Attribute,
    name: string,
    type: Receiving["type"],
    extra?: Readonly<Record<string, unknown>>,
  ): void {
    this.receiving.set(this.#endpoint(name, extra), { ...attribute, type });
  }

  #send(attribute: Attribute, name: string, to: readonly string[], extra?: Readonly<Record<string, unknown>>): void {
    this.sending.push({ ...attribute, endpoint: this.#endpoint(name, extra), to });
  }

  #endpoint(name: string, extra?: Readonly<Record<string, unknown>>): number {
    const known = this.endpoints.findIndex((endpoint) => endpoint.name === name);
    if (known >= 0) return known;
    return this.endpoints.push({ name, ...(extra && { extra }) }) - 1;
  }

  #check(eid: string, attr: string, list: string): void {
    const entity = this.#entities.get(eid)!;
    const attrs = this.#meta.models[entity.model]?.attrs ?? [];
    if (attrs.includes(attr)) return;
    throw this.#refuse(
      `${list}: "${eid}" is a ${entity.model}, which has no attribute "${attr}"; it has ${attrs.join(", ")}`,
    );
  }

  #refuse(problem: string): HelicsError {
    return new HelicsError("ERR_HELICS_CONFIGURATION", problem, { federate: this.#federate });
  }
}

/** The type of publication that carries a value without loss. */
function typeOf(value: unknown): ValueTypeName {
  if (value === undefined || typeof value === "number") return "double";
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "string") return "string";
  if (value instanceof Uint8Array) return "bytes";
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "number")) return "vector";
  return "json";
}
