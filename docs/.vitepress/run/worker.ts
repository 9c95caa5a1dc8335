/**
 * Runs a program of the guide in a worker of its own, so that it can be stopped whatever it does. What it imports of cosimas is
 * the engine for pages; what it prints, the events of its containers and their trace hashes go to the page.
 */
import { lineOf } from "../../../adapters/dashboard/model/event-line.ts";
import type * as Engine from "../../../adapters/web/engine.ts";
import { EVENTS_MAX, type EventRow, LINES_MAX, type RunMessage, type RunRequest } from "./messages.ts";
import { errorText, shownLine } from "./show.ts";

/** What a worker has, and Node's types do not know. */
const page = globalThis as unknown as {
  postMessage(message: RunMessage): void;
  onmessage: ((event: { readonly data: RunRequest }) => void) | null;
  addEventListener(name: "unhandledrejection", listener: (event: { readonly reason: unknown }) => void): void;
};

/** Names by which a program imports the engine. */
const MODULES = /^cosimas(\/(mosaik|agent|clock|observe|browser|browser\/engine))?$/;

const tell = (message: RunMessage) => page.postMessage(message);

let lines = 0;
function print(stream: "out" | "error", text: string): void {
  if (lines++ < LINES_MAX) tell({ kind: "printed", stream, text });
}

const AsyncFunction = (async () => {}).constructor as new (
  ...parts: string[]
) => (require: (name: string) => unknown, exports: object) => Promise<void>;

page.onmessage = ({ data }) => void run(data);

async function run({ code, js }: RunRequest): Promise<void> {
  tell({ kind: "started" });
  try {
    const [engine, strip] = await Promise.all([
      import("../../../adapters/web/engine.ts"),
      js === undefined ? import("./strip.ts").then((module) => module.strip) : () => js,
    ]);
    const containers = observed(engine.Container);
    for (const [name, stream] of Object.entries({
      log: "out",
      info: "out",
      debug: "out",
      warn: "error",
      error: "error",
    })) {
      Object.assign(console, { [name]: (...values: unknown[]) => print(stream as "out", shownLine(values)) });
    }
    page.addEventListener("unhandledrejection", ({ reason }) => tell({ kind: "failed", text: errorText(reason) }));
    const exports: { default?: unknown } = {};
    const body = new AsyncFunction("require", "exports", `${strip(code)}\n//# sourceURL=example.ts`);
    await body((name) => moduleFor(name, engine), exports);
    if (engine.isScenario(exports.default)) await runScenario(exports.default);
    const hashes = containers.map((container) => container.traceHash());
    tell({ kind: "ended", hashes, leftOut: Math.max(0, lines - LINES_MAX) });
  } catch (error) {
    tell({ kind: "failed", text: errorText(error) });
  }
}

/** A module as the program asks for it; a name that it does not have is an error, as on Node. */
function moduleFor(name: string, engine: typeof Engine): unknown {
  if (!MODULES.test(name)) throw new Error(`there is no "${name}" in a page; save the program and run it on Node`);
  return new Proxy(engine, {
    get(target, key) {
      if (key === "__esModule") return true;
      if (key in target) return Reflect.get(target, key);
      throw new Error(`a page has no ${String(key)} of "${name}"; save the program and run it on Node`);
    },
  });
}

/** The containers that are made from now on, also by simulators; their events are told. */
function observed(Container: typeof Engine.Container): readonly Engine.Container[] {
  const made: Engine.Container[] = [];
  const create = Container.create;
  let count = 0;
  Container.create = async (options) => {
    const container = await create.call(Container, options);
    made.push(container);
    let ticks = 0;
    container.attach((batch) => {
      const rows: EventRow[] = [];
      for (const event of batch) {
        const line = lineOf(event, ticks);
        ticks = line.ticks;
        if (count++ >= EVENTS_MAX) continue;
        const call = line.method === "" ? "" : ` ${line.method}`;
        const who =
          line.peer === "" || line.peer.startsWith("@")
            ? ""
            : ` ${line.kind === "request" ? "from" : "of"} ${line.peer}`;
        const what = `${line.kind}${call}${who} ${line.text}`.trim();
        rows.push({ timeS: line.ticks / container.ticksPerSecond, round: line.round, agent: line.agent, what });
      }
      tell({ kind: "events", rows, count });
    });
    return container;
  };
  return made;
}

/** Run what a program exports for `cosimas run`, with its parameters' defaults. */
async function runScenario(scenario: Engine.Scenario): Promise<void> {
  const parameters = Object.fromEntries(Object.entries(scenario.parameters).map(([name, one]) => [name, one.default]));
  const context = {
    parameters,
    seed: 1,
    containers: 1,
    population: { containers: 1 },
    signal: new AbortController().signal,
    progress() {},
    record: () => undefined,
    watch() {},
    print: (line: string) => print("out", line),
    result: (figures: object) => print("out", shownLine([figures])),
  };
  await scenario.run(context as unknown as Parameters<typeof scenario.run>[0]);
}
