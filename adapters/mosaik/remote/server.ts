import { AgentSimulator, Simulator } from "../../../src/cosim/index.ts";
import { channel, type ServeContext } from "../../../src/index.ts";
import { ColumnCodec } from "../columns/column-codec.ts";
import { ColumnSimulator } from "../columns/column-simulator.ts";
import { PYTHON_FAILURES } from "./failures.ts";
import { RemoteCalls } from "./messages.ts";

/** How values and failures stand on mosaik's wire. Source: mosaik-api-v3 `connection.py`. */
export const MOSAIK_WIRE = { codec: "mosaik-json", failures: PYTHON_FAILURES } as const;

/** Options of the connection of a simulator to its mosaik. */
export function wireOf(simulator: Simulator) {
  if (!(simulator instanceof ColumnSimulator)) return MOSAIK_WIRE;
  return { ...MOSAIK_WIRE, codec: new ColumnCodec(simulator) };
}

/**
 * Make a simulator and serve it to one mosaik, until that says stop.
 *
 * @throws ChannelError if mosaik cannot be reached, does not come, or is lost; `BridgeError` if the simulator fails.
 *   It has been finalised then, if mosaik was there.
 */
export async function serveSimulator(make: () => Simulator, context: ServeContext): Promise<void> {
  const { address, remote, timeoutMs, insecure, record, log } = context;
  const simulator: unknown = make();
  if (!(simulator instanceof Simulator)) {
    throw new TypeError(`defineSimulator: the function must return a Simulator, it returned ${String(simulator)}`);
  }
  if (record !== undefined) {
    if (!(simulator instanceof AgentSimulator)) throw new TypeError("only a population of agents can be recorded");
    simulator.recordIn(record);
  }
  const wire = wireOf(simulator);
  const onListening = (at: string) => log("info", `waiting for mosaik at ${at}`);
  const peer = remote
    ? await channel.accept(address, { ...wire, timeoutMs, insecure, onListening })
    : await channel.open(address, wire);
  log("debug", `connected to mosaik at ${peer.peer}`);
  await new RemoteCalls(simulator, peer, log).done;
}
