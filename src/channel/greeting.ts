import { DEFAULT_LIMITS } from "../limits.ts";
import type { ChannelOptions } from "./channel-options.ts";
import { codecName } from "./codec-of.ts";
import { hostOf, LiveTransport, pulseHost } from "./heartbeat.ts";
import { type Greeted, greet, HELLO_VERSION, type Hello, type HelloOptions, welcome } from "./hello.ts";
import { ownPulse } from "./pulse.ts";
import type { Transport } from "./transports/transport.ts";

/** What both sides of a hello need. */
interface GreetingOptions extends ChannelOptions {
  readonly hello?: HelloOptions;
}

/** The transport after hello was said by the side that has connected; with a heartbeat, if both want one. */
export async function greeted(transport: Transport, options: GreetingOptions, timeoutMs: number): Promise<Transport> {
  const { token } = options.hello ?? {};
  const own = await ownHello(transport, options);
  return living(await greet(transport, { ...own, ...(token !== undefined && { token }) }, timeoutMs), own, options);
}

/** The same for the side that was connected to. */
export async function welcomed(transport: Transport, options: GreetingOptions): Promise<Transport> {
  const own = await ownHello(transport, options);
  return living(await welcome(transport, own, options.hello?.token), own, options);
}

async function ownHello({ peer }: Transport, options: GreetingOptions): Promise<Hello> {
  const own: Hello = { cosimas: HELLO_VERSION, codec: codecName(options) };
  if (options.hello?.heartbeat !== true || peer.startsWith("local:")) return own;
  return { ...own, pulse: await ownPulse(pulseHost(hostOf(peer))) };
}

function living({ transport, hello }: Greeted, own: Hello, { limits }: GreetingOptions): Transport {
  if (own.pulse === undefined || hello.pulse === undefined) return transport;
  const { heartbeatMs, heartbeatTimeoutMs } = { ...DEFAULT_LIMITS, ...limits };
  return new LiveTransport(transport, hello.pulse, heartbeatMs, heartbeatTimeoutMs);
}
