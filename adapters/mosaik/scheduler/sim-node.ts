import type {
  EntityId,
  InputData,
  Meta,
  OutputData,
  OutputRequest,
  PlacedInputs,
  PlacedOutputs,
  SimId,
  Simulator,
  Time,
} from "../../../src/cosim/index.ts";
import { type CallSite, callSimulator, type Loss } from "../../../src/cosim/index.ts";
import type { Connection } from "./connection.ts";
import type { Entity } from "./entity.ts";
import { type Duration, type SimGroup, sameDelay } from "./tiered-time.ts";

/** All connections from one simulator to another that delay alike. */
export interface SimLink {
  readonly source: SimNode;
  readonly dest: SimNode;
  readonly delay: Duration;
  readonly connections: Connection[];
  /** May `dest` make requests about `source`? Then `source` waits for it before its next step. */
  asyncRequests: boolean;
}

/** What there is besides of a simulator in another process. */
export interface RemoteEnd {
  /** Tell `lost` if it is gone while nothing is asked of it. */
  watch(lost: (loss: Loss) => void): void;
  /** Remember of its answers which whole numbers are floats, from now on. */
  keepFloats(): void;
  /**
   * As `Simulator.step`, without a promise: one of both is called once, after this has returned, in the turn in which the
   * answer comes. Neither may throw.
   */
  askStep(
    time: Time,
    inputs: PlacedInputs | InputData,
    maxAdvance: Time,
    answered: (next: Time | null) => void,
    failed: (error: unknown) => void,
  ): void;
  /** As `Simulator.getData`, likewise. */
  askData(
    outputs: OutputRequest,
    answered: (data: OutputData | PlacedOutputs) => void,
    failed: (error: unknown) => void,
  ): void;
  /**
   * The data that `askData` has given last were right: those of an answer alike but for its numbers may be given as
   * `PlacedOutputs` from now on.
   *
   * @param pick - Their values, in the order of the ports.
   */
  learn(pick: (data: OutputData) => readonly unknown[]): void;
  /** What `getData` has answered, with `WholeFloat`s for whole numbers that are floats, if there are any. */
  exact(data: OutputData): OutputData | undefined;
}

/**
 * One started simulator of a world and what it is connected to: the graph that a scenario builds. What follows from the
 * graph is in its `NodePlan`, where it is in time in its `Cursor`.
 */
export class SimNode {
  readonly sid: SimId;
  readonly simulator: Simulator;
  readonly group: SimGroup;
  readonly entities = new Map<EntityId, Entity>();
  /** In the order of the first connection of each. */
  readonly incoming: SimLink[] = [];
  readonly outgoing: SimLink[] = [];
  /** Set once `init` has answered. */
  meta!: Meta;
  /** Time of the first step; undefined: when something causes one. */
  firstStep: Time | undefined;
  /** The same simulator, if it is in another process. */
  readonly remote: RemoteEnd | undefined;
  readonly #timeResolution: number;

  constructor(sid: SimId, simulator: Simulator, group: SimGroup, timeResolution: number, remote?: RemoteEnd) {
    this.sid = sid;
    this.simulator = simulator;
    this.group = group;
    this.#timeResolution = timeResolution;
    this.remote = remote;
  }

  /** The link from `source` with this delay, made on first use. */
  linkFrom(source: SimNode, delay: Duration): SimLink {
    let link = this.incoming.find((known) => known.source === source && sameDelay(known.delay, delay));
    if (link === undefined) {
      link = { source, dest: this, delay, connections: [], asyncRequests: false };
      this.incoming.push(link);
      source.outgoing.push(link);
    }
    return link;
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
    return { sid: this.sid, call, time, timeResolution: this.#timeResolution };
  }
}
