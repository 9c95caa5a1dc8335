import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { circles, type SourceFile, sourceFiles } from "../support/source-tree.ts";

/**
 * The rules of the house: who may import whom, what is used in one place only, how large a file, a function and a folder
 * may grow.
 *
 * Each test lists the offenders. What is still wrong stands in a literal beside its rule; such a list only shrinks: a test
 * fails for an offender that is not listed, and for a listed one that has been mended.
 */

const LINES_MAX = 450;
const FUNCTION_LINES_MAX = 70;
const FILES_MAX = 20;

/**
 * Rooms and the rooms below that each may import: a folder of `src`, a file of `src` itself, a folder of an adapter. An
 * adapter also imports the faces of `src`.
 */
const BASE = ["errors", "limits", "options", "trace", "hash", "random", "wall", "host", "children", "frames", "series"];
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  limits: [],
  options: ["limits"],
  trace: [],
  hash: [],
  random: ["hash"],
  series: [],
  wall: ["host"],
  host: [],
  frames: [],
  children: [],
  "host.browser": [],
  version: [],
  codec: BASE,
  channel: [...BASE, "codec"],
  rpc: [...BASE, "codec", "channel"],
  browser: [...BASE, "codec", "channel", "rpc"],
  clock: BASE,
  observe: [...BASE, "kernel"],
  recording: [...BASE, "codec", "kernel", "observe", "version"],
  kernel: [...BASE, "codec", "clock"],
  agent: [...BASE, "codec", "channel", "rpc", "clock", "observe", "kernel"],
  platform: [...BASE, "codec", "channel", "rpc", "clock", "observe", "kernel", "agent", "watching"],
  observing: ["observe", "recording"],
  replay: [...BASE, "codec", "clock", "kernel", "agent", "observe", "recording"],
  cosim: [...BASE, "codec", "clock", "observe", "kernel", "agent", "platform", "watching"],
  cli: [
    ...BASE,
    "codec",
    "channel",
    "clock",
    "kernel",
    "agent",
    "platform",
    "observe",
    "recording",
    "observing",
    "replay",
    "cosim",
    "version",
    "watching",
  ],
  engine: [...BASE, "clock", "agent"],
  index: [...BASE, "codec", "channel", "rpc", "clock", "observing", "agent", "platform", "replay", "cosim", "watching"],
  watching: ["trace"],
  dashboard: ["dashboard/model", "dashboard/server"],
  "dashboard/model": [],
  "dashboard/server": ["dashboard/model"],
  helics: ["helics/process"],
  "helics/process": [],
  mosaik: ["mosaik/remote", "mosaik/scheduler", "mosaik/world"],
  "mosaik/scheduler": [],
  "mosaik/remote": [],
  "mosaik/columns": ["mosaik/remote"],
  "mosaik/world": ["mosaik/remote", "mosaik/scheduler"],
  web: ["hash", "rpc", "agent", "cosim", "engine", "mosaik/scheduler", "mosaik/world"],
};

/** Circles of files, an import of types counts. Shrinks. */
const FILE_CIRCLES: readonly (readonly string[])[] = [];

/** Circles of rooms. Shrinks. */
const ROOM_CIRCLES: readonly (readonly string[])[] = [];

/** Folders with more than {@link FILES_MAX} files, and how many they have at most. Shrinks. */
const LARGE_FOLDERS: Readonly<Record<string, number>> = {};

/** Exported names with two meanings, and where. Shrinks, but for the names of `cosimas/browser`. */
const NAMES_TWICE: Readonly<Record<string, readonly string[]>> = {
  AgentInput: ["src/agent/container-options.ts", "src/cosim/agent-model.ts"],
  ConnectOptions: [
    "adapters/mosaik/scheduler/connection.ts",
    "src/agent/agent.ts",
    "src/browser/index.ts",
    "src/rpc/index.ts",
  ],
  OpenOptions: ["src/browser/index.ts", "src/channel/open.ts"],
  RunSummary: ["adapters/mosaik/world/summary.ts", "src/recording/entry.ts"],
  Servable: ["src/cosim/servable.ts", "src/rpc/services.ts"],
  connect: ["src/browser/index.ts", "src/rpc/index.ts"],
  open: ["src/browser/index.ts", "src/channel/open.ts"],
  shown: ["src/cli/event-lines.ts", "src/options.ts"],
};

/** Libraries and the only folders or files that import each; `node:` modules are free, except as below. */
const HOME_OF: Readonly<Record<string, string | readonly string[]>> = {
  msgpackr: "src/codec/msgpack.ts",
  luxon: "src/clock/calendar.ts",
  rxjs: "src/observe/stream.ts",
  "hyparquet-writer": "src/recording/export/parquet.ts",
  "@mcap/core": "src/recording/mcap-writer.ts",
  "@foxglove/wasm-zstd": "src/recording/zstd.ts",
  "pure-rand": "src/random.ts",
  buffer: "src/host.browser.ts",
  commander: "src/cli/",
  tsx: "src/cli/",
  ws: ["src/channel/transports/websocket.ts", "adapters/dashboard/server/"],
  cosimas: "src/watching.ts",
  koffi: "adapters/helics/process/native.ts",
  "node:net": "src/channel/",
};

/** Rooms that a page can load, too: they get what Node gives from `src/host.ts` and `src/wall.ts` alone. */
const ENGINE = /^(src\/(codec|clock|kernel|agent|cosim)\/|adapters\/mosaik\/scheduler\/)/;
/** Globals of Node, or of wall time, that they may not use either. */
const GLOBALS = [
  "Buffer",
  "process",
  "global",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "clearTimeout",
  "clearInterval",
  "clearImmediate",
];
/** What they still use. Shrinks. */
const OF_NODE: Readonly<Record<string, readonly string[]>> = {};

/** Calls that bring wall time, chance or output into a run, and the files that may make them, with the reason. */
const BANNED =
  /\b(Date\.now|new Date\b|Math\.random|performance\.now|set(?:Timeout|Interval|Immediate)\(|setImmediate\(|console\.|DateTime\.(?:now|local)\b|localeCompare)/;
const MAY_CALL: Readonly<Record<string, string>> = {
  "src/wall.ts": "is the one place of wall time",
  "src/host.ts": "has the turns of Node's event loop",
  "src/host.browser.ts": "has the turns and the console of a page",
  "src/kernel/strict-mode.ts": "names what strict mode traps",
  "src/channel/backoff.ts": "spreads the attempts of many that have lost the same peer",
  "adapters/helics/process/broker-watch.ts": "looks how long a broker is silent, beside a thread that HELICS blocks",
  "adapters/helics/process/watch.ts": "watches a thread that HELICS blocks from a thread of its own",
  "adapters/helics/process/inline-watch.ts": "watches a thread that HELICS blocks from a thread of its own",
  "src/cli/watchdog.ts": "watches the main thread from a thread of its own",
  "src/observe/exports.ts": "writes the dates of a recording",
};

/** A scenario that is about another one. */
const BUILDS_ON: Readonly<Record<string, string>> = { "scenarios/communication": "scenarios/lv-congestion" };

/** A program of its own, for browsers: it has what they have, and shares the dashboard's model with its server. */
const PAGE = "adapters/dashboard/page/";

const src = sourceFiles("src");
const adapters = sourceFiles("adapters").filter(({ path }) => !path.startsWith(PAGE));
const scenarios = sourceFiles("scenarios");
const product = [...src, ...adapters];

/** `src/kernel/round.ts` is in room `kernel`, `src/hash.ts` in `hash`, `adapters/mosaik/world/graph.ts` in `mosaik/world`. */
function room(path: string): string {
  const [top, ...rest] = path.split("/");
  if (top === "src") return rest[0]!.replace(/\.ts$/, "");
  return rest.slice(0, Math.min(2, rest.length - 1)).join("/");
}

/** A face of `src`: what adapters may import. */
function isFace(path: string): boolean {
  return /^src\/(([^/]+\/)?index|observing|wall|host|series)\.ts$/.test(path);
}

/** What each file does against a rule, by its path; files without offence are left out. */
function offences(
  files: readonly SourceFile[],
  rule: (file: SourceFile) => readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(
    files.map((file) => [file.path, rule(file)] as const).filter(([, found]) => found.length > 0),
  );
}

const byPath = new Map(product.map((file) => [file.path, file]));

/** Where an exported name is declared, through all files that hand it on. */
function meaning(path: string, name: string): string {
  const exported = byPath.get(path)?.exports.find((one) => one.as === name);
  if (exported === undefined || exported.from === path || exported.name === "*") return exported?.from ?? path;
  return byPath.has(exported.from) ? meaning(exported.from, exported.name) : exported.from;
}

describe("the house", () => {
  it("has rooms that import only from below", () => {
    const wrong = offences(product, ({ path, files }) => {
      const allowed = MAY_IMPORT[room(path)] ?? [];
      return files.filter((target) => {
        if (room(target) === room(path) || allowed.includes(room(target))) return false;
        return !(path.startsWith("adapters/") && isFace(target));
      });
    });
    expect(wrong).toEqual({});
  });

  it("has every room in the table, and no other", () => {
    expect(Object.keys(MAY_IMPORT).sort()).toEqual([...new Set(product.map(({ path }) => room(path)))].sort());
  });

  it("has scenarios that use the package as a user would", () => {
    const wrong = offences(scenarios, ({ path, files }) => {
      const own = path.split("/").slice(0, 2).join("/");
      const below = [own, BUILDS_ON[own] ?? own];
      return files.filter((target) => !below.some((folder) => target.startsWith(`${folder}/`)));
    });
    expect(wrong).toEqual({});
  });

  it("has no circle of files", () => {
    expect(circles(new Map(product.map(({ path, files }) => [path, files])))).toEqual(FILE_CIRCLES);
  });

  it("has no circle of rooms", () => {
    const graph = new Map<string, Set<string>>();
    for (const { path, files } of product) {
      const below = files.map(room).filter((target) => target !== room(path));
      graph.set(room(path), new Set([...(graph.get(room(path)) ?? []), ...below]));
    }
    expect(circles(graph)).toEqual(ROOM_CIRCLES);
  });

  it("imports libraries only where they are at home", () => {
    const wrong = offences(product, ({ path, packages }) =>
      packages.filter((name) => {
        const home = HOME_OF[name];
        if (home === undefined) return !name.startsWith("node:");
        return ![home].flat().some((one) => (one.endsWith("/") ? path.startsWith(one) : path === one));
      }),
    );
    expect(wrong).toEqual({});
  });

  it("has a page that knows the dashboard's model, Preact and uPlot alone", () => {
    const page = sourceFiles(PAGE.slice(0, -1), [".ts", ".tsx"]);
    expect(page.length).toBeGreaterThan(20);
    const isOwn = (path: string) => path.startsWith(PAGE) || path.startsWith("adapters/dashboard/model/");
    const libraries = ["preact", "uplot"];
    const wrong = offences(page, ({ files, packages }) =>
      [...files, ...packages].filter((target) => !isOwn(target) && !libraries.includes(target)),
    );
    expect(wrong).toEqual({});
  });

  it("has an engine that gets what Node gives from host.ts and wall.ts alone", () => {
    const engine = product.filter(({ path }) => ENGINE.test(path));
    const used = offences(engine, (file) => [
      ...file.packages.filter((name) => name.startsWith("node:")),
      ...file.uses(GLOBALS),
    ]);
    expect(used).toEqual(OF_NODE);
  });

  it("brings in wall time, chance and output in the listed files alone", () => {
    const found = product.filter(({ text }) => BANNED.test(withoutComments(text))).map(({ path }) => path);
    expect(found.sort()).toEqual(Object.keys(MAY_CALL).sort());
  });

  it("gives every exported name one meaning", () => {
    const meanings = new Map<string, Set<string>>();
    // `host.browser.ts` has the names of `host.ts`: a page has it in its place.
    for (const { path, exports } of product.filter((file) => file.path !== "src/host.browser.ts"))
      for (const { as } of exports.filter((one) => one.as !== "*"))
        meanings.set(as, new Set([...(meanings.get(as) ?? []), meaning(path, as)]));
    const twice = [...meanings]
      .filter(([, places]) => places.size > 1)
      .map(([name, places]) => [name, [...places].sort()]);
    expect(Object.fromEntries(twice)).toEqual(NAMES_TWICE);
  });

  it(`has files of at most ${LINES_MAX} lines`, () => {
    const long = [...product, ...scenarios, ...sourceFiles("test/support")].filter(({ lines }) => lines > LINES_MAX);
    expect(long.map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });

  it(`has functions of at most ${FUNCTION_LINES_MAX} lines`, () => {
    const long = offences([...product, ...scenarios], ({ functions }) =>
      functions
        .filter(({ lines }) => lines > FUNCTION_LINES_MAX)
        .map(({ name, line, lines }) => `${name}, line ${line}: ${lines}`),
    );
    expect(long).toEqual({});
  });

  it(`has folders of at most ${FILES_MAX} files`, () => {
    const counts = new Map<string, number>();
    for (const { path } of product) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
    const large = [...counts].filter(([, count]) => count > FILES_MAX);
    expect(large.filter(([folder, count]) => count > (LARGE_FOLDERS[folder] ?? 0))).toEqual([]);
    expect(large.map(([folder]) => folder).sort()).toEqual(Object.keys(LARGE_FOLDERS));
  });

  it("has every file that CONTRIBUTING.md names", () => {
    const text = readFileSync(new URL("../../CONTRIBUTING.md", import.meta.url), "utf8");
    const named = [...text.matchAll(/`((?:src|adapters|test|docs|scenarios)\/[\w./-]+|[\w-]+\.(?:json|md))`/g)].map(
      ([, path]) => path!,
    );
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((path) => !existsSync(new URL(`../../${path}`, import.meta.url)))).toEqual([]);
  });

  it("says at the top of each room's index what the room does", () => {
    const folders = new Set(product.map(({ path }) => path.split("/").slice(0, 2).join("/")));
    const silent = [...folders]
      .filter((folder) => !folder.endsWith(".ts"))
      .map((folder) => (folder === "src/cli" ? `${folder}/main.ts` : `${folder}/index.ts`))
      .filter((face) => !/^(#!.*\n)?\/\*\*\n \* \S/.test(byPath.get(face)?.text ?? ""));
    expect(silent).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
}
