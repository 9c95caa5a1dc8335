import type { Connection } from "./connection.ts";
import type { Entity } from "./entity.ts";
import { type CallSite, callSimulator, whenThere } from "./fault.ts";
import { checkNextStep } from "./next-step.ts";
import { OutputPorts } from "./outputs.ts";
import type { Simulator } from "./simulator.ts";
import type { EntityId, InputData, Meta, OutputData, OutputRequest, SimId, Time } from "./types.ts";

/** All connections from one simulator to another with one time shift. */
export interface Link {
  readonly source: SimRunner;
  readonly dest: SimRunner;
  /** Steps by which values arrive later; 0: the source steps first. */
  readonly shift: number;
  readonly connections: { readonly connection: Connection; readonly port: number }[];
}

/** What a step brought. */
export interface StepOutcome {
  readonly inputs: InputData;
  /** Time of the next step. */
  readonly next: Time;
  /** Values of the output ports. */
  readonly values: readonly unknown[];
}

const NO_VALUES: readonly unknown[] = Object.freeze([]);

/** One started simulator of a world: what it is connected to, and where in time it is. */
export class SimRunner {
  readonly sid: SimId;
  readonly simulator: Simulator;
  readonly entities = new Map<EntityId, Entity>();
  readonly outputs = new OutputPorts();
  /** In the order of the first connection of each. */
  readonly incoming: Link[] = [];
  readonly outgoing: Link[] = [];
  /** Set once `init` has answered. */
  meta!: Meta;
  /** Time of its next step, or of the one it is making; Infinity once it has reached the end of the run. */
  nextTime: Time = 0;
  /** Its place among those that step at one time: above all of its sources without a shift. */
  rank = 0;
  readonly #timeResolution: number;
  #request: OutputRequest = {};

  constructor(sid: SimId, simulator: Simulator, timeResolution: number) {
    this.sid = sid;
    this.simulator = simulator;
    this.#timeResolution = timeResolution;
  }

  /** Add a connection from an entity of `source` to one of this simulator. */
  connectFrom(source: SimRunner, connection: Connection): void {
    let link = this.incoming.find((known) => known.source === source && known.shift === connection.shift);
    if (link === undefined) {
      link = { source, dest: this, shift: connection.shift, connections: [] };
      this.incoming.push(link);
      source.outgoing.push(link);
    }
    const port = source.outputs.port(connection.src.eid, connection.srcAttr);
    link.connections.push({ connection, port });
  }

  /** All connections are there. */
  prepare(): void {
    this.#request = this.outputs.request();
  }

  /**
   * Call the simulator; what it throws becomes a BridgeError.
   *
   * @param call - Name of the method.
   */
  call<T>(call: string, make: (simulator: Simulator) => T | PromiseLike<T>): T | PromiseLike<T> {
    return callSimulator(this.site(call), () => make(this.simulator));
  }

  site(call: string, time?: Time): CallSite {
    const site = { sid: this.sid, call, timeResolution: this.#timeResolution };
    return time === undefined ? site : { ...site, time };
  }

  /**
   * Pull the inputs of the step at `time`: of every connection the newest value at or before `time - shift`, or its
   * initial value if there is none. Their order is that of connecting, whatever stepped when.
   */
  inputs(time: Time): InputData {
    const inputs: InputData = {};
    for (const { source, shift, connections } of this.incoming) {
      const values = source.outputs.at(time - shift);
      for (const { connection, port } of connections) {
        const { src, dest, destAttr, initial } = connection;
        inputs[dest.eid] ??= {};
        const attrs = inputs[dest.eid]!;
        attrs[destAttr] ??= {};
        attrs[destAttr]![src.fullId] = connection.transformed(values === undefined ? initial : values[port], time);
      }
    }
    return inputs;
  }

  /** Make the step at `time`; nothing of it can be seen by others before {@link commit}. */
  step(time: Time, until: Time): StepOutcome | PromiseLike<StepOutcome> {
    const inputs = this.inputs(time);
    const site = this.site("step", time);
    const stepped = callSimulator(site, () => this.simulator.step(time, inputs, until));
    return whenThere(stepped, (answer) => {
      const next = checkNextStep(site, "time-based", answer)!;
      if (this.outputs.size === 0) return { inputs, next, values: NO_VALUES };
      const dataSite = this.site("getData", time);
      const got = callSimulator(dataSite, () => this.simulator.getData(this.#request));
      return whenThere(got, (data: OutputData) => {
        return { inputs, next, values: this.outputs.read(dataSite, data, this.entities) };
      });
    });
  }

  /** Let others see the step made at `time`, and go on to the next. */
  commit(time: Time, outcome: StepOutcome, until: Time): void {
    if (this.outputs.size > 0) {
      this.outputs.push(time, outcome.values);
      let asked = Number.POSITIVE_INFINITY;
      for (const { dest, shift } of this.outgoing) asked = Math.min(asked, dest.nextTime - shift);
      this.outputs.prune(asked);
    }
    this.nextTime = outcome.next < until ? outcome.next : Number.POSITIVE_INFINITY;
  }
}
