import { listed, ScenarioError, Simulator, shown, suggestion } from "../../../src/cosim/index.ts";
import type { RemoteOptions, RemoteSimulator } from "../remote/client.ts";
import { type CommandEntry, type ConnectEntry, fillCommand, wordsOf } from "../remote/command-line.ts";

/** A simulator of this process. */
export interface LocalEntry<S extends Simulator = Simulator> {
  /** Makes one in this process, for each `world.start`. */
  readonly simulator: () => S;
}

/** How a simulator comes to be: in this process, as a process that the world starts, or running already. */
export type SimConfigEntry = LocalEntry | CommandEntry | ConnectEntry;

/** How simulators come to be, by the name that `world.start` is given. */
export type SimConfig = Readonly<Record<string, SimConfigEntry>>;

/** Class of the simulator that a configuration calls `N`. */
export type SimulatorOf<C extends SimConfig, N extends keyof C> = C[N] extends LocalEntry<infer S> ? S : Simulator;

/** Makes a simulator that runs elsewhere. */
type MakeRemote = (entry: CommandEntry | ConnectEntry, options: RemoteOptions) => RemoteSimulator;

let makeRemote: MakeRemote | undefined;

/**
 * Let worlds reach simulators elsewhere by `make`. The master itself knows neither processes nor connections: so it runs in
 * a page.
 */
export function reachSimulators(make: MakeRemote): void {
  makeRemote = make;
}

/** A simulator, and the same if it runs elsewhere. */
interface Made {
  readonly simulator: Simulator;
  readonly remote?: RemoteSimulator;
}

/** `HOST:PORT`, an IPv6 host in brackets. */
const ADDRESS = /^(\[[\da-fA-F:.%]+\]|[^\s:/[\]]+):\d{1,5}$/;

/**
 * A simulator as the configuration says; a remote one is started by its `init`.
 *
 * @throws `ScenarioError` `ERR_SCENARIO_UNKNOWN_SIMULATOR`, `ERR_SCENARIO_COMMAND`; TypeError for an entry of the wrong
 *   form.
 */
export function makeSimulator(config: SimConfig, name: string, options: RemoteOptions): Made {
  const entry: unknown = Object.hasOwn(config, name) ? config[name] : undefined;
  if (entry === undefined) {
    const text = `the configuration has no simulator "${name}"; it has: ${listed(Object.keys(config))}`;
    throw new ScenarioError("ERR_SCENARIO_UNKNOWN_SIMULATOR", text);
  }
  const where = `simConfig.${name}`;
  if (typeof entry !== "object" || entry === null)
    throw new TypeError(
      `${where} must be an object, as { simulator: () => new MySimulator() } or { cmd: … }, got ${shown(entry)}`,
    );
  checkNames(where, entry);
  if ("cmd" in entry || "connect" in entry) {
    const checked = checkRemote(where, entry);
    if (makeRemote === undefined) throw new TypeError(`${where}: this program reaches no simulators but its own`);
    const remote = makeRemote(checked, options);
    return { simulator: remote, remote };
  }
  const { simulator } = entry as { simulator?: unknown };
  const maker = `${where}: write { simulator: () => new ${nameOfMade(simulator)}() }`;
  if (typeof simulator !== "function") {
    throw new TypeError(`${maker}; simulator must be a function that makes a Simulator, got ${shown(simulator)}`);
  }
  if (simulator.prototype instanceof Simulator) throw new TypeError(`${maker}; simulator is the class itself`);
  const made: unknown = simulator();
  if (made instanceof Simulator) return { simulator: made };
  throw new TypeError(`${maker}; simulator must return a Simulator, it returned ${shown(made)}`);
}

/** What a `simulator` was meant to make. */
function nameOfMade(simulator: unknown): string {
  if (simulator instanceof Simulator) return simulator.constructor.name;
  const isClass = typeof simulator === "function" && simulator.prototype instanceof Simulator;
  return isClass ? (simulator as { name: string }).name : "MySimulator";
}

const ENTRY_NAMES = ["simulator", "cmd", "cwd", "env", "connect"];

/** Names that stand elsewhere for those of an entry. */
const OTHER_NAMES: Readonly<Record<string, string>> = { command: "cmd", address: "connect", factory: "simulator" };

/** @throws TypeError for a name that no entry has, which says what to write instead. */
function checkNames(where: string, entry: object): void {
  for (const [name, value] of Object.entries(entry)) {
    if (ENTRY_NAMES.includes(name)) continue;
    if (name !== "python")
      throw new TypeError(
        `${where}: there is no ${shown(name)}; ${suggestion(OTHER_NAMES[name] ?? name, ENTRY_NAMES)}`,
      );
    const [module = "module", type = "Class"] = String(value).split(":");
    const program = `import mosaik_api_v3, ${module}; mosaik_api_v3.start_simulation(${module}.${type}())`;
    const instead = `{ cmd: ["%(python)s", "-c", "${program}", "%(addr)s"] }`;
    throw new TypeError(`${where}: a World runs no Python within itself, as mosaik does by "python"; write ${instead}`);
  }
}

function checkRemote(where: string, entry: object): CommandEntry | ConnectEntry {
  const { cmd, connect, simulator } = entry as { cmd?: unknown; connect?: unknown; simulator?: unknown };
  if ([cmd, connect, simulator].filter((way) => way !== undefined).length > 1) {
    throw new TypeError(`${where} must have one of simulator, cmd and connect`);
  }
  if (cmd === undefined) {
    if (typeof connect === "string" && ADDRESS.test(connect)) return entry as ConnectEntry;
    throw new TypeError(`${where}.connect must be HOST:PORT, got ${String(connect)}`);
  }
  const isWords = Array.isArray(cmd) && cmd.length > 0 && cmd.every((word) => typeof word === "string");
  if (typeof cmd !== "string" && !isWords) {
    throw new TypeError(`${where}.cmd must be a command line or its words, got ${String(cmd)}`);
  }
  fillCommand(wordsOf(cmd as CommandEntry["cmd"]), "127.0.0.1:0");
  return entry as CommandEntry;
}
