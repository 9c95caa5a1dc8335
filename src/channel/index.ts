/**
 * Request and reply over a connection: addresses, framing, and every way to connect: TCP, TLS, Unix sockets, WebSocket,
 * queues within a process.
 *
 * A channel carries values between two processes and matches replies with requests; what a request means is the
 * business of `rpc`. Wire: `docs/protocol.md`; examples: `docs/channel.md`.
 */
export {
  type ClassOf,
  type Codec,
  type CodecName,
  type CreateCodecOptions,
  createCodec,
  serializable,
  TypeRegistry,
  type ValueType,
} from "../codec/index.ts";
export {
  type Address,
  type AgentUrl,
  formatAddress,
  formatAgentUrl,
  type IpcAddress,
  type LocalAddress,
  type NetAddress,
  parseAddress,
  parseAgentUrl,
} from "./address.ts";
export type { BackoffOptions } from "./backoff.ts";
export type { RequestOptions } from "./calls.ts";
export type { ChannelLike, ChannelOptions, ConnectionState } from "./channel.ts";
export { Channel } from "./channel.ts";
export type { FailureFormat } from "./failures.ts";
export type { HelloOptions } from "./hello.ts";
export { type AcceptOptions, accept, type Listener, type ListenOptions, listen } from "./listen.ts";
export type { CodecChoice } from "./messages.ts";
export { type OpenOptions, open, type ReconnectingOptions } from "./open.ts";
export { ReconnectingChannel, type ReconnectOptions } from "./reconnect.ts";
export type { Request } from "./requests.ts";
export { type BrowserSocket, browserTransport } from "./transports/browser-socket.ts";
export { type MemoryPair, memoryPair } from "./transports/memory.ts";
export { PortTransport } from "./transports/port.ts";
export type { PeerIdentity, Receiver, TlsFiles, Transport } from "./transports/transport.ts";
