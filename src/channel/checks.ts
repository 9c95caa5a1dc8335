import { CODEC_NAMES } from "../codec/index.ts";
import {
  boolean,
  either,
  func,
  LIMITS,
  listOf,
  nested,
  number,
  type OptionCheck,
  type OptionChecks,
  oneOf,
  required,
  signal,
  text,
  token,
  withMethods,
} from "../options.ts";
import type { BackoffOptions } from "./backoff.ts";
import type { ChannelOptions } from "./channel.ts";
import type { HelloOptions } from "./hello.ts";
import type { ReconnectOptions } from "./reconnect.ts";
import type { TlsFiles } from "./transports/transport.ts";

/** What the options of channels may be; layers above that take them use these. */
export const CHANNEL_CHECKS: OptionChecks<ChannelOptions> = {
  codec: either(oneOf(CODEC_NAMES), withMethods("a Codec", "encode", "decode")),
  types: listOf(withMethods("a ValueType", "write", "read")),
  failures: withMethods("a FailureFormat", "accepts", "write", "read"),
  limits: LIMITS,
};

export const HELLO: OptionCheck = nested<HelloOptions>({ token, heartbeat: boolean });

export const TLS: OptionCheck = nested<TlsFiles>({
  cafile: required(text),
  certfile: required(text),
  keyfile: required(text),
});

export const BACKOFF: OptionCheck = nested<BackoffOptions>({
  delayMs: number({ above: 0, unit: "milliseconds" }),
  factor: number({ min: 1 }),
  delayMsMax: number({ above: 0, unit: "milliseconds" }),
  random: func,
});

export const RECONNECT: OptionCheck = nested<ReconnectOptions>({
  whileLost: oneOf(["fail", "hold"]),
  attemptsMax: number({ min: 1, infinite: true }),
});

/** Options of who listens, besides those of its channels. */
export const LISTENING = { tls: TLS, hello: HELLO, origins: listOf(text), insecure: boolean, onRefused: func };

/** Options of who connects, besides those of its channel. */
export const CONNECTING = {
  tls: TLS,
  hello: HELLO,
  retryMs: number({ min: 0, infinite: true, unit: "milliseconds" }),
  backoff: BACKOFF,
  signal,
  reconnect: RECONNECT,
};
