import type { EntityId, InputData, Meta, OutputRequest, SimId, Time } from "../../../src/cosim/index.ts";
import {
  AgentSimulator,
  BridgeError,
  type CallSite,
  callSimulator,
  checkCreated,
  checkMeta,
  checkNextStep,
  type Log,
  listed,
  PlacedInputs,
  ScenarioError,
  type ServeContext,
  Simulator,
  simulatorFault,
  takesPlaces,
} from "../../../src/cosim/index.ts";
import { channel } from "../../../src/index.ts";
import { CALL_GRACE_MS, EndDeadline, GRACE_MS } from "./end-deadline.ts";
import { MOSAIK_WIRE } from "./failures.ts";
import {
  bigintText,
  CheckedArguments,
  checkArguments,
  checkOutputs,
  PreparedAnswer,
  parseCall,
  type RemoteCall,
} from "./messages.ts";
import { requestsTo } from "./requests.ts";
import { RepeatedQuestion, ServedCodec } from "./served-codec.ts";

/** A simulator with a codec of its own for mosaik's wire. */
interface OwnCodec {
  wireCodec(): channel.Codec;
}

/** Options of the connection of a simulator to its mosaik. */
export function wireOf(simulator: Simulator) {
  const own = simulator as Partial<OwnCodec>;
  return { ...MOSAIK_WIRE, codec: own.wireCodec?.() ?? new ServedCodec(() => takesPlaces(simulator)) };
}

/**
 * Make a simulator and serve it to one mosaik, until that says stop.
 *
 * @throws ChannelError if mosaik cannot be reached, does not come, or is lost; `BridgeError` if the simulator fails.
 *   It has been finalised then, if mosaik was there.
 */
export async function serveSimulator(make: () => Simulator, context: ServeContext): Promise<void> {
  const { address, remote, timeoutMs, insecure, record, population, log } = context;
  const simulator: unknown = make();
  if (!(simulator instanceof Simulator)) {
    throw new TypeError(`defineSimulator: the function must return a Simulator, it returned ${String(simulator)}`);
  }
  if (record !== undefined) {
    if (!(simulator instanceof AgentSimulator)) throw new TypeError("only a population of agents can be recorded");
    simulator.recordIn(record);
  }
  if (population !== undefined) {
    if (!(simulator instanceof AgentSimulator)) {
      const text = "the simulator is no AgentSimulator: it cannot be spread over containers; leave --containers out";
      throw new ScenarioError("ERR_SCENARIO_CONTAINERS", text);
    }
    simulator.spreadOver(population);
  }
  const wire = wireOf(simulator);
  const onListening = (at: string) => log("info", `waiting for mosaik at ${at}`);
  const peer = remote
    ? await channel.accept(address, { ...wire, timeoutMs, insecure, onListening })
    : await channel.open(address, wire);
  log("debug", `connected to mosaik at ${peer.peer}`);
  await new RemoteCalls(simulator, peer, log, context.onStop).done;
}

/**
 * Answers mosaik's calls on one connection: one at a time, in their order, while the simulator's own requests to
 * mosaik may be under way. `stop` has no answer; it ends the connection.
 *
 * Source: mosaik-api-v3 `run`.
 */
export class RemoteCalls {
  /** Resolves after mosaik's `stop`; rejected, when the simulator is finalised, if it has failed or mosaik was lost. */
  readonly done: Promise<void>;
  readonly #simulator: Simulator;
  readonly #peer: channel.Channel;
  readonly #log: Log;
  readonly #onStop: () => void;
  #settle: (end: Promise<void>) => void = () => {};
  /** The call that is being answered and those that wait behind it. */
  #tail: Promise<void> = Promise.resolve();
  /** The call that is being answered. */
  #calling: string | undefined;
  #ending = false;
  /** The first failure that ends a run of mosaik's. */
  #failure: unknown;
  #initialised = false;
  #sid: SimId = "(without an id)";
  #timeResolution = 1;
  #meta: Meta | undefined;
  readonly #created = new Set<EntityId>();
  /** Time of the present step, or of the last. */
  #time: Time | undefined;

  /** @param peer - Just opened; it belongs to this object from now on, as the simulator does. */
  constructor(simulator: Simulator, peer: channel.Channel, log: Log, onStop: () => void = () => {}) {
    this.#simulator = simulator;
    this.#peer = peer;
    this.#log = log;
    this.#onStop = onStop;
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
    simulator.mosaik = requestsTo(peer, () => this.#calling !== undefined);
    peer.serve((request) => this.#take(request));
    void peer.closed.then((reason) => this.#end(reason));
  }

  #take(request: channel.Request): void {
    const call = parseCall(request.content);
    this.#log("trace", () => `${call.name}(${JSON.stringify(call.args, bigintText)})`);
    if (call.name === "stop") this.#end(undefined);
    else if (!this.#ending) this.#tail = this.#tail.then(() => this.#answer(request, call));
  }

  async #answer(request: channel.Request, call: RemoteCall): Promise<void> {
    this.#calling = call.name;
    try {
      request.reply((await this.#perform(call)) ?? null);
    } catch (error) {
      const failed = error as BridgeError;
      // The scenario's author is told what the simulator threw, as by a simulator in Python.
      request.fail(failed.code === "ERR_BRIDGE_SIMULATOR_FAILED" ? failed.cause : error);
      this.#log("debug", `${call.name} failed: ${failed.message}`);
      // A scenario may go on after a failed extra method; any other failure ends its run.
      if (!this.#isExtra(call.name) && failed.code !== "ERR_BRIDGE_CALL") this.#failure ??= error;
    }
    this.#calling = undefined;
  }

  async #perform(call: RemoteCall): Promise<unknown> {
    const { name, args } = call;
    const simulator = this.#simulator;
    // What a codec has read as numbers has the form of one that was checked.
    if (!(args instanceof CheckedArguments)) checkArguments(call);
    if (name === "init") return this.#init(call);
    const meta = this.#metaOrFail(name);
    switch (name) {
      case "create":
        return this.#create(call, meta);
      case "setup_done":
        return callSimulator(this.#site("setupDone"), () => simulator.setupDone());
      case "step": {
        const [time, inputs, maxAdvance] = args as unknown as [Time, InputData | PlacedInputs, Time];
        this.#checkStep(meta, time);
        this.#time = time;
        const site = this.#site("step", time);
        const stepped = callSimulator(site, () =>
          inputs instanceof PlacedInputs
            ? (simulator as AgentSimulator).stepPlaced(time, inputs)
            : simulator.step(time, inputs, maxAdvance),
        );
        return checkNextStep(site, meta.type, await stepped);
      }
      case "get_data": {
        const asked = args[0] as OutputRequest;
        const site = this.#site("getData", this.#time);
        if (args instanceof RepeatedQuestion && simulator instanceof AgentSimulator) {
          const values = await callSimulator(site, () => simulator.getValues(asked));
          if (values !== undefined) return args.answerOf(values);
        }
        const data = await callSimulator(site, () => simulator.getData(asked));
        if (data instanceof PreparedAnswer) return data;
        const prepared = args instanceof RepeatedQuestion ? args.answer(data) : undefined;
        if (prepared !== undefined) return prepared;
        return checkOutputs(site, data, asked, { complete: meta.type === "time-based", created: this.#created });
      }
      default:
        return this.#extra(call);
    }
  }

  async #init({ args, kwargs }: RemoteCall): Promise<Meta> {
    const { time_resolution: timeResolution = 1, ...params } = kwargs as { time_resolution?: number };
    if (this.#initialised) throw new BridgeError("ERR_BRIDGE_CALL", "init was called twice", { method: "init" });
    this.#initialised = true;
    this.#sid = args[0] as SimId;
    this.#timeResolution = timeResolution;
    const site = this.#site("init");
    const meta = await callSimulator(site, () => this.#simulator.init(this.#sid, { ...params, timeResolution }));
    this.#meta = checkMeta(site, meta);
    for (const name of meta.extra_methods ?? []) {
      if (typeof Reflect.get(this.#simulator, name) === "function") continue;
      throw simulatorFault("ERR_BRIDGE_META", site, `extra method "${name}" is not a method of the simulator`);
    }
    return meta;
  }

  async #create({ args, kwargs }: RemoteCall, meta: Meta): Promise<unknown> {
    const [num, model] = args as [number, string];
    const site = this.#site("create");
    if (!Object.hasOwn(meta.models, model)) {
      const text = `simulator ${this.#sid} has no model "${model}"; it has: ${listed(Object.keys(meta.models))}`;
      throw new BridgeError("ERR_BRIDGE_CALL", text, { method: "create" });
    }
    const made = await callSimulator(site, () => this.#simulator.create(num, model, kwargs));
    const ids = checkCreated(site, made, num, model, meta, (eid) => this.#created.has(eid));
    for (const eid of ids) this.#created.add(eid);
    return made;
  }

  /** Keyword arguments, which JavaScript does not have, follow as one object if there are any. */
  #extra({ name, args, kwargs }: RemoteCall): unknown {
    if (!this.#isExtra(name)) {
      const there = listed(this.#meta?.extra_methods ?? []);
      const text = `simulator ${this.#sid} has no method "${name}"; extra methods: ${there}`;
      throw new BridgeError("ERR_BRIDGE_CALL", text, { method: name });
    }
    const method = Reflect.get(this.#simulator, name) as (...args: unknown[]) => unknown;
    const all = Object.keys(kwargs).length === 0 ? args : [...args, kwargs];
    return callSimulator(this.#site(name), () => Reflect.apply(method, this.#simulator, all));
  }

  #isExtra(name: string): boolean {
    return this.#meta?.extra_methods?.includes(name) === true;
  }

  #metaOrFail(name: string): Meta {
    if (this.#meta !== undefined) return this.#meta;
    throw new BridgeError("ERR_BRIDGE_CALL", `${name} was called before init`, { method: name });
  }

  /** mosaik repeats a time in same-time loops, which a time-based simulator, without events, has no part in. */
  #checkStep({ type }: Meta, time: Time): void {
    const last = this.#time;
    if (last === undefined || time > last || (time === last && type !== "time-based")) return;
    const how = time < last ? `${last} was stepped before` : `a ${type} simulator is stepped once at a time`;
    throw simulatorFault("ERR_BRIDGE_REPEATED", this.#site("step", time), how);
  }

  #site(call: string, time?: Time): CallSite {
    return { sid: this.#sid, call, time, timeResolution: this.#timeResolution };
  }

  /** @param lost - Why the connection is gone; undefined if mosaik has said stop. */
  #end(lost: Error | undefined): void {
    if (this.#ending) return;
    this.#ending = true;
    // What the simulator does without mosaik is no failure of its own.
    if (lost !== undefined) this.#failure ??= lost;
    this.#log("debug", lost === undefined ? "mosaik says stop" : lost.message);
    if (lost === undefined) this.#onStop();
    this.#settle(this.#finish());
  }

  async #finish(): Promise<void> {
    const deadline = new EndDeadline();
    const stuck = this.#calling ?? "step";
    const late = (ms: number) => `has not ended within ${ms} ms`;
    try {
      const idle = await deadline.forCall(this.#tail);
      const site = this.#site("finalize");
      const ended = await deadline.forAll(
        callSimulator(site, () => this.#simulator.finalize()) as void | Promise<void>,
      );
      if (!idle) throw simulatorFault("ERR_BRIDGE_STUCK", this.#site(stuck, this.#time), late(CALL_GRACE_MS));
      if (!ended) throw simulatorFault("ERR_BRIDGE_STUCK", site, late(GRACE_MS));
    } catch (error) {
      this.#failure ??= error;
    }
    deadline.end();
    // mosaik keeps its end open for a while, and ends the process by a signal after it.
    void this.#peer.close();
    if (this.#failure !== undefined) throw this.#failure;
  }
}
