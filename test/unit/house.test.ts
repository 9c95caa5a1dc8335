import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/** The walls of the house: who may import whom, what is used in one place only, and how large a room may grow. */
const root = fileURLToPath(new URL("../..", import.meta.url));

/** Rooms of `src` and the rooms below that each may import. Files of `src` itself are rooms of their own. */
const BASE = ["errors", "limits", "trace", "hash", "wall", "host"];
const MAY_IMPORT: Record<string, readonly string[]> = {
  errors: [],
  limits: [],
  trace: [],
  hash: [],
  wall: [],
  host: [],
  version: [],
  codec: BASE,
  channel: [...BASE, "codec"],
  rpc: [...BASE, "codec", "channel"],
  browser: [...BASE, "codec", "channel", "rpc"],
  clock: BASE,
  observe: [...BASE, "recording"],
  recording: [...BASE, "codec", "observe", "version"],
  kernel: [...BASE, "codec", "clock", "agent"],
  agent: [...BASE, "codec", "channel", "rpc", "clock", "observe", "kernel"],
  platform: [...BASE, "codec", "channel", "rpc", "clock", "observe", "kernel", "agent"],
  replay: [...BASE, "codec", "clock", "kernel", "agent", "observe", "recording"],
  cosim: [...BASE, "codec", "clock", "kernel", "agent", "platform"],
  cli: [
    ...BASE,
    "codec",
    "channel",
    "clock",
    "agent",
    "platform",
    "observe",
    "recording",
    "replay",
    "cosim",
    "version",
  ],
  index: [...BASE, "codec", "channel", "rpc", "clock", "observe", "recording", "agent", "platform", "replay", "cosim"],
};

/** Libraries and the only folder or file that imports each; `node:` modules are free, except as below. */
const HOME_OF: Record<string, string> = {
  msgpackr: "src/codec/msgpack.ts",
  luxon: "src/clock/calendar.ts",
  rxjs: "src/observe/stream.ts",
  "hyparquet-writer": "src/recording/parquet.ts",
  "@mcap/core": "src/recording/mcap-file.ts",
  "@foxglove/wasm-zstd": "src/recording/zstd.ts",
  "pure-rand": "src/kernel/random.ts",
  commander: "src/cli/",
  tsx: "src/cli/",
  ws: "src/channel/transports/websocket.ts",
  "node:net": "src/channel/",
};

/** Calls that bring wall time, chance or output into a run, and the files that may make them, with the reason. */
const BANNED =
  /\b(Date\.now|new Date\b|Math\.random|performance\.now|set(?:Timeout|Interval|Immediate)\(|setImmediate\(|console\.|DateTime\.(?:now|local)\b|localeCompare)/;
const MAY_CALL: Record<string, string> = {
  "src/wall.ts": "is the one place of wall time",
  "src/kernel/drain.ts": "lets the event loop turn between rounds",
  "src/kernel/traps.ts": "names what strict mode traps",
  "src/kernel/externals.ts": "bounds real I/O in wall time",
  "src/channel/backoff.ts": "spreads the attempts of many that have lost the same peer",
  "src/channel/deadline.ts": "bounds live calls and connects in wall time",
  "src/clock/real-time-clock.ts": "is the clock that follows the wall",
  "src/cli/replay-command.ts": "says how long a replay took",
  "src/cli/sweep-runs.ts": "says how long each run took",
  "src/cli/parent.ts": "looks in wall time whether its parent lives",
  "src/cli/progress.ts": "draws the progress line",
  "src/observe/event-row.ts": "writes the dates of a recording",
  "adapters/mosaik/remote/end-deadline.ts": "bounds the end of a simulator whose mosaik is gone, in wall time",
  "adapters/mosaik/scheduler/pace.ts": "runs in real time",
  "adapters/mosaik/world/summary.ts": "tells what a run has taken in wall time",
  "adapters/mosaik/scheduler/patience.ts": "bounds steps in wall time",
  "adapters/mosaik/remote/within.ts": "bounds the ends of simulators in wall time",
  "adapters/mosaik/scheduler/turn.ts": "lets the event loop turn between times",
};

/** Lines of a file that a reader still takes in; a longer one has two ideas. */
const LINES_MAX = 450;

function files(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

function imports(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  const found = text.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)["']([^"']+)["']/g);
  return [...found].map((match) => match[1]!);
}

/** Room of a file of `src`: its folder, or its own name at the top. */
function room(file: string): string {
  return relative("src", file).split("/")[0]!.replace(/\.ts$/, "");
}

const resolve = (file: string, target: string) => join(dirname(file), target);
const src = files("src");
const adapters = files("adapters");
const scenarios = files("scenarios");

describe("the house", () => {
  it.each(src)("%s imports only from below", (file) => {
    const allowed = MAY_IMPORT[room(file)];
    expect(allowed, `${room(file)} is in the table`).toBeDefined();
    const wrong = imports(file)
      .filter((target) => target.startsWith("."))
      .map((target) => resolve(file, target))
      .filter(
        (target) => !target.startsWith("src/") || (room(target) !== room(file) && !allowed?.includes(room(target))),
      );
    expect(wrong).toEqual([]);
  });

  it.each(adapters)("%s imports the core through src/index.ts alone", (file) => {
    const own = file.split("/").slice(0, 2).join("/");
    const wrong = imports(file)
      .filter((target) => target.startsWith("."))
      .map((target) => resolve(file, target))
      .filter((target) => !["src/index.ts", "src/cosim/index.ts"].includes(target) && !target.startsWith(`${own}/`));
    expect(wrong).toEqual([]);
  });

  it.each(scenarios)("%s uses the package as a user would", (file) => {
    const own = file.split("/").slice(0, 2).join("/");
    const wrong = imports(file).filter(
      (target) => target.startsWith(".") && !resolve(file, target).startsWith(`${own}/`),
    );
    expect(wrong).toEqual([]);
  });

  it.each([...src, ...adapters])("%s imports libraries only where they are at home", (file) => {
    const wrong = imports(file)
      .filter((target) => !target.startsWith("."))
      .filter((target) => {
        const name = target.startsWith("node:")
          ? target
          : target
              .split("/")
              .slice(0, target.startsWith("@") ? 2 : 1)
              .join("/");
        const home = HOME_OF[name];
        if (home === undefined) return !target.startsWith("node:");
        return home.endsWith("/") ? !file.startsWith(home) : file !== home;
      });
    expect(wrong).toEqual([]);
  });

  it.each([...src, ...adapters].filter((file) => !(file in MAY_CALL)))(
    "%s brings in no wall time, chance or output",
    (file) => {
      const text = readFileSync(join(root, file), "utf8")
        .replace(/\/\*[\s\S]*?\*\//g, "")
        .replace(/\/\/.*$/gm, "");
      expect(text.match(BANNED)?.[0]).toBeUndefined();
    },
  );

  it("names no file that is gone", () => {
    const gone = Object.keys(MAY_CALL).filter((file) => ![...src, ...adapters].includes(file));
    expect(gone).toEqual([]);
  });

  it.each([...src, ...adapters, ...scenarios])(`%s has at most ${LINES_MAX} lines`, (file) => {
    expect(readFileSync(join(root, file), "utf8").split("\n").length - 1).toBeLessThanOrEqual(LINES_MAX);
  });

  it.each([...new Set(src.map(dirname))].filter((folder) => /^src\/[^/]+$/.test(folder) && folder !== "src/cli"))(
    "%s says at the top of its index what it does",
    (folder) => {
      expect(readFileSync(join(root, folder, "index.ts"), "utf8")).toMatch(/^\/\*\*\n \* \S/);
    },
  );
});
