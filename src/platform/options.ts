import { RUN_CHECKS } from "../agent/container-options.ts";
import type { PopulationNames } from "../agent/populations.ts";
import { TLS } from "../channel/checks.ts";
import type { TlsFiles } from "../channel/index.ts";
import type { DateTime } from "../clock/calendar.ts";
import type { CommunicationModel } from "../kernel/communication.ts";
import type { TraceLevel } from "../kernel/tracer.ts";
import type { Limits } from "../limits.ts";
import {
  checkOptions,
  either,
  func,
  listOf,
  number,
  type OptionChecks,
  object,
  oneOf,
  required,
  string,
  text,
  token,
  withMethods,
} from "../options.ts";
import type { Journal } from "../trace.ts";

/**
 * Where containers run: in the caller's thread, in threads or in processes of their own; or, as `remote`, wherever
 * somebody starts them with `cosimas container`.
 */
export type Isolation = "inline" | "thread" | "process" | "remote";

/** How to make a platform. */
export interface PlatformOptions {
  /** Number of containers, at least 1. It changes nothing that is simulated. Default 1. */
  containers?: number;
  /** Default `inline`. */
  isolation?: Isolation;
  /**
   * The module whose exported classes are the agents, as `new URL("./agents.ts", import.meta.url)`. Every container loads
   * it. It may also export `types`, registered types; `placement`, a function that gives the number of an agent's
   * container from its id and the number of containers; and `communication`.
   */
  module: URL | string;
  /** Calendar time of second 0: ISO 8601 or a luxon DateTime. Default 2000-01-01T00:00:00Z. */
  start?: string | DateTime;
  /** Ticks in a second; default 1,000,000. */
  resolution?: number;
  /** Seed of the agents' random numbers. Default 0. */
  seed?: number | string;
  /** Default `hash`. */
  trace?: TraceLevel;
  /** As `ContainerOptions.strict`. Default false. */
  strict?: boolean;
  /**
   * How messages between agents travel, instead of what the module says. With containers that are not inline it is data:
   * a function has to come from the module.
   */
  communication?: CommunicationModel;
  /**
   * Where processes find the coordinator: `ipc`, a Unix socket in a folder of its own, or `tcp`, a free port of the loopback
   * interface. Default `ipc`, except on Windows.
   */
  link?: "ipc" | "tcp";
  /**
   * Where remote containers find the coordinator. Default `tcp://127.0.0.1:0`, any free port, with `tls` `tls://127.0.0.1:0`; an
   * address that other machines reach needs `tls` or a token.
   */
  address?: string;
  /** Shared secret of the coordinator and its remote containers; what is not in the code of either. */
  token?: string;
  /**
   * Certificates with which coordinator and remote containers show each other who they are, over an address `tls://HOST:PORT`:
   * each side's has to be signed by an authority of the other's `cafile`. With `isolation: "remote"` only.
   */
  tls?: TlsFiles;
  /** Told where remote containers are waited for: start them now. */
  onListening?: (address: string) => void;
  /**
   * Options of Node for threads and processes, as `--max-semi-space-size=64`. Default: those of this process. For threads
   * the sizes of the heap are translated (`--max-old-space-size`, `--max-semi-space-size`); another option that only a whole
   * process can have is refused with a RangeError.
   */
  execArgv?: readonly string[];
  /** Keeps the run, as `ContainerOptions.record`: one file, whatever the number of containers. */
  record?: Journal | undefined;
  /** Bounds that differ from the defaults. */
  limits?: Partial<Limits>;
  /** Of a platform whose population is one of several. @internal */
  populations?: PopulationNames | undefined;
}

/** Containers that a platform may have. */
const CONTAINERS_MAX = 1024;

const CHECKS: OptionChecks<PlatformOptions> = {
  ...RUN_CHECKS,
  containers: {
    ...number({ integer: true, min: 1, max: CONTAINERS_MAX }),
    allowed: `a whole number from 1 to ${CONTAINERS_MAX}`,
  },
  isolation: {
    ...oneOf(["inline", "thread", "process", "remote"] satisfies Isolation[]),
    allowed: "inline, thread, process or remote",
  },
  module: required({
    ...either(text, withMethods("a URL", "toJSON")),
    allowed: "a URL or the path of a module of agents",
  }),
  // The clock knows what it can read.
  start: either(string, object),
  resolution: number(),
  link: oneOf(["ipc", "tcp"]),
  address: text,
  token,
  tls: TLS,
  onListening: func,
  execArgv: listOf(string),
  populations: object,
};

/** Check the options of `Platform.create`. @throws TypeError or RangeError with a code, as `checkOptions`. */
export function checkPlatformOptions(options: PlatformOptions): void {
  checkOptions("Platform.create", options, CHECKS);
  if (options.tls === undefined || options.isolation === "remote") return;
  throw new TypeError(
    `Platform.create: tls is for containers with isolation "remote"; with "${options.isolation ?? "inline"}" nothing ` +
      "leaves this machine",
  );
}
