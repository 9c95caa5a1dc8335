import type { InputData, Log } from "../../src/cosim/index.ts";
import { HelicsError } from "./errors.ts";
import type { AgentMessage, PopulationInterfaces } from "./interfaces.ts";
import type { Grant, IncomingMessage, InputInfo } from "./process/protocol.ts";

/** Types of publications that are text, which is no number. */
const TEXT = ["string", "json", "char"];

/** What a step is given: the newest value of each input, and the messages since the step before. */
export class StepInputs {
  readonly #federate: string;
  readonly #interfaces: PopulationInterfaces;
  /** By the number of the input; only those that have a value. */
  readonly #newest = new Map<number, unknown>();
  /** Inputs with a value that no step was given. */
  #fresh = new Set<number>();
  #messages: IncomingMessage[] = [];
  readonly #log: Log;
  /** Endpoints of which was said that nobody reads them. */
  readonly #unread = new Set<number>();

  constructor(federate: string, interfaces: PopulationInterfaces, log: Log) {
    this.#federate = federate;
    this.#interfaces = interfaces;
    this.#log = log;
    for (const [number, { initial }] of interfaces.received.entries()) {
      if (initial !== undefined) this.#newest.set(number, initial);
    }
  }

  /**
   * All inputs are connected, to publications as `infos` says.
   *
   * @throws {@link HelicsError} `ERR_HELICS_TYPE` if a number is wanted of what is text: HELICS would make one up.
   */
  connected(infos: readonly InputInfo[]): void {
    for (const [number, { publicationType }] of infos.entries()) {
      const { eid, attr, spec } = this.#interfaces.received[number]!;
      const number_ = ["double", "integer", "vector", "complex", "boolean"].includes(spec.type);
      if (!number_ || !TEXT.includes(publicationType)) continue;
      const text = `input ${eid}.${attr} is of type ${spec.type}, its publication "${spec.target}" is of type ${publicationType}`;
      throw new HelicsError("ERR_HELICS_TYPE", text, { federate: this.#federate, remedy: "give the input that type" });
    }
  }

  /** Take what a grant has brought. */
  take({ inputs, messages }: Grant): void {
    for (const [number, value] of inputs) {
      this.#newest.set(number, value);
      this.#fresh.add(number);
    }
    for (const message of messages) {
      if (this.#interfaces.receiving.has(message.endpoint)) this.#messages.push(message);
      else this.#warnUnread(message);
    }
  }

  /** An endpoint of an output is for what it sends; what comes to it all the same, as an answer, has no agent to go to. */
  #warnUnread({ endpoint, source, timeS }: IncomingMessage): void {
    if (this.#unread.has(endpoint)) return;
    this.#unread.add(endpoint);
    const { name } = this.#interfaces.endpoints[endpoint]!;
    const text =
      `federate "${this.#federate}": a message from ${source} to ${name}, due at ${timeS} s, is dropped, as all to it are: ` +
      `${name} only sends; name it as the endpoint of an agent's input too, to read them`;
    this.#log("warning", text);
  }

  /** The inputs of the step that is made now. The simulator owns them. */
  next(): InputData {
    const data: InputData = {};
    const give = (eid: string, attr: string, source: string, value: unknown) => {
      data[eid] ??= {};
      data[eid][attr] ??= {};
      data[eid][attr][source] = value;
    };
    // In the order in which they were declared, whatever came first: an agent sees the order.
    for (const [number, { eid, attr, spec, trigger }] of this.#interfaces.received.entries()) {
      if (!this.#newest.has(number) || (trigger && !this.#fresh.has(number))) continue;
      give(eid, attr, spec.target, this.#newest.get(number));
    }
    this.#fresh = new Set();
    for (const [endpoint, { eid, attr, type }] of this.#interfaces.receiving) {
      const arrived = this.#messages.filter((message) => message.endpoint === endpoint);
      if (arrived.length === 0) continue;
      const { name } = this.#interfaces.endpoints[endpoint]!;
      give(
        eid,
        attr,
        name,
        arrived.map((message) => this.#read(message, type, name)),
      );
    }
    this.#messages = [];
    return data;
  }

  #read({ source, timeS, data }: IncomingMessage, type: "json" | "string" | "bytes", endpoint: string): AgentMessage {
    if (type === "bytes") return { from: source, timeS, value: data };
    const text = Buffer.from(data).toString("utf8");
    if (type === "string") return { from: source, timeS, value: text };
    try {
      return { from: source, timeS, value: JSON.parse(text) };
    } catch (cause) {
      const problem = `a message from ${source} to ${endpoint}, due at ${timeS} s, is no JSON: ${(cause as Error).message}`;
      const remedy = 'read the endpoint as "string" or "bytes"';
      throw new HelicsError("ERR_HELICS_TYPE", problem, { federate: this.#federate, timeS, remedy });
    }
  }
}
