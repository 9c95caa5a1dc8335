import { spawnSync } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Platform } from "../../src/index.ts";
import { figure, type Suite } from "./figure.ts";
import { childrenOf, cpuSecondsOf } from "./processes.ts";
import { compiled } from "./programs.ts";

/** Starts that count, after one that does not. */
const TIMES = 9;

const agents = compiled("peers/round-agents.ts");
const command = fileURLToPath(new URL("../src/cli/main.js", pathToFileURL(compiled("."))));

/** What starts: CPU in milliseconds, user and system, all threads. */
const STARTS: Readonly<Record<string, () => number | Promise<number>>> = {
  "a container's process, until it has joined": container,
  "cosimas --version": () => cpuOf(command, "--version"),
  // Nobody listens at port 1, so it ends where it would be connected.
  "cosimas sim, until it connects": () => cpuOf(command, "sim", compiled("peers/start-simulator.ts"), "127.0.0.1:1"),
};

/** What it takes to start, beside `node --eval 0`. */
export const start: Suite = async (report, wants) => {
  for (const [name, measure] of Object.entries(STARTS)) {
    if (!wants(name)) continue;
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let i = 0; i <= TIMES; i++) {
      const own = await measure();
      const bare = cpuOf("--eval", "0");
      if (i === 0) continue;
      ours.push(own);
      theirs.push(bare);
    }
    report(figure(`${name}, CPU`, "ms", "node --eval 0", ours, theirs));
  }
};

async function container(): Promise<number> {
  const before = childrenOf(process.pid);
  const platform = await Platform.create({ module: pathToFileURL(agents), isolation: "process", execArgv: [] });
  const own = childrenOf(process.pid).filter((pid) => !before.includes(pid));
  if (own.length !== 1) throw new Error(`${own.length} processes were started instead of 1`);
  const seconds = cpuSecondsOf(own[0]!);
  await platform.close();
  return seconds * 1000;
}

const TELL = `process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  process.stderr.write("cpu " + (user + system) / 1000);
})`;

/** CPU of a Node process until its end, as it says itself. */
function cpuOf(...args: string[]): number {
  const tell = `data:text/javascript,${encodeURIComponent(TELL)}`;
  const { stderr } = spawnSync(process.execPath, ["--import", tell, ...args], { encoding: "utf8" });
  const said = /cpu ([\d.]+)$/.exec(stderr);
  if (said === null) throw new Error(`node ${args.join(" ")} did not say what it took: ${stderr}`);
  return Number(said[1]);
}
