import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Command } from "commander";
import { listen, open } from "../../channel/index.ts";
import { packageVersion } from "../../version.ts";
import { EXIT_FAILED, EXIT_FINE, UsageError } from "../errors.ts";

/** Oldest Node that runs this package. */
const NODE_MIN = [20, 19] as const;

/** Node that reads TypeScript by itself. */
const NODE_TYPESCRIPT = "22.18";

/** Oldest HELICS that a federate may have. */
const HELICS_MIN = [3, 4] as const;

/** Wall time of one look, in milliseconds. */
const LOOK_MS = 10_000;

/** What was looked at, and what was found; `good` undefined: it is not needed. */
interface Finding {
  readonly what: string;
  readonly good: boolean | undefined;
  readonly found: string;
}

/** Add `cosimas doctor` to the program. */
export function addDoctorCommand(program: Command, ends: (exitCode: number) => void): void {
  program
    .command("doctor")
    .description("look at what this machine has for a run: 0 all that is needed is there")
    .option("--determinism <scenario>", "run it twice and otherwise, and say what differs first: 0 nothing")
    .argument("[options...]", "with --determinism: the scenario's own options, behind --")
    .option("--json", "print JSON")
    .option("--debug", "print the stacks of errors")
    .action(async (args: string[], { json = false, determinism }: { json?: boolean; determinism?: string }) => {
      if (determinism !== undefined) {
        const { checkDeterminism } = await import("../determinism.ts");
        const { lines, same } = await checkDeterminism(determinism, args);
        process.stdout.write(json ? `${JSON.stringify({ same, lines })}\n` : `${lines.join("\n")}\n`);
        ends(same ? EXIT_FINE : EXIT_FAILED);
        return;
      }
      if (args.length > 0)
        throw new UsageError("ERR_CLI_USAGE", `${args[0]}: options are for --determinism <scenario>`);
      const findings = [
        node(),
        await typescript(),
        machine(),
        folder(),
        ...(await sockets()),
        ...(await python()),
        await helics(),
      ];
      const lines = findings.map(({ what, good, found }) => `${mark(good)} ${what.padEnd(12)} ${found}`);
      process.stdout.write(json ? `${JSON.stringify(findings)}\n` : `${lines.join("\n")}\n`);
      ends(findings.some(({ good }) => good === false) ? EXIT_FAILED : EXIT_FINE);
    });
}

function mark(good: boolean | undefined): string {
  return good === undefined ? "-" : good ? "ok" : "NO";
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const good = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
  const needed = good ? "" : `; ${NODE_MIN.join(".")} or newer is needed`;
  return { what: "Node", good, found: `${process.versions.node}, cosimas ${packageVersion()}${needed}` };
}

async function typescript(): Promise<Finding> {
  const what = "TypeScript";
  if ((process.features as { typescript?: unknown }).typescript) return { what, good: true, found: "Node reads it" };
  try {
    await import("tsx/esm/api");
    return { what, good: true, found: "read by tsx" };
  } catch {
    const found = `not read: run \`npm i -D tsx\`, or use Node ${NODE_TYPESCRIPT} or newer; JavaScript runs`;
    return { what, good: undefined, found };
  }
}

function machine(): Finding {
  const found = `${availableParallelism()} cores, ${(totalmem() / 2 ** 30).toFixed(1)} GiB of memory`;
  return { what: "machine", good: true, found };
}

function folder(): Finding {
  try {
    const path = mkdtempSync(join(tmpdir(), "cosimas-doctor-"));
    writeFileSync(join(path, "file"), "text");
    rmSync(path, { recursive: true });
    return { what: "files", good: true, found: `${tmpdir()} can be written` };
  } catch (error) {
    return { what: "files", good: false, found: (error as Error).message };
  }
}

/** A call over each link that runs use. */
async function sockets(): Promise<Finding[]> {
  const path = join(tmpdir(), `cosimas-doctor-${process.pid}`);
  const addresses = ["tcp://127.0.0.1:0", ...(process.platform === "win32" ? [] : [`ipc://${path}`])];
  return Promise.all(
    addresses.map(async (address): Promise<Finding> => {
      const what = address.startsWith("tcp") ? "TCP" : "Unix sockets";
      try {
        const server = await listen(address, (channel) => channel.serve((request) => request.reply(request.content)));
        const channel = await open(server.address);
        const good = (await channel.request("echo", { timeoutMs: LOOK_MS })) === "echo";
        await channel.close();
        await server.close();
        return { what, good, found: "a call on this machine was answered" };
      } catch (error) {
        return { what, good: false, found: (error as Error).message };
      }
    }),
  );
}

/** Python and the packages that simulators in Python need; a run without them needs neither. */
async function python(): Promise<Finding[]> {
  const program = process.platform === "win32" ? "python" : "python3";
  const look =
    "import sys, importlib.metadata as m\nprint('.'.join(map(str, sys.version_info[:3])))\n" +
    "for p in ('mosaik', 'mosaik-api-v3', 'aiomas'):\n" +
    " try: print(p, m.version(p))\n except m.PackageNotFoundError: print(p, 'missing')";
  try {
    const { stdout } = await promisify(execFile)(program, ["-c", look], { timeout: LOOK_MS });
    const [version, ...packages] = stdout.trim().split("\n");
    return [
      { what: "Python", good: true, found: `${program} is ${version}` },
      ...packages.map((line) => {
        const [what = "", found = ""] = line.split(" ");
        return { what, good: found === "missing" ? undefined : true, found };
      }),
    ];
  } catch {
    return [{ what: "Python", good: undefined, found: `there is no ${program}; only simulators in Python need it` }];
  }
}

/** Prints version and core types of the library that HELICS_LIBRARY names, or that of the Python package. */
const LOOK_AT_HELICS = `
import ctypes, os
given = os.environ.get('HELICS_LIBRARY')
if given:
    lib = ctypes.CDLL(given)
    lib.helicsGetVersion.restype = ctypes.c_char_p
    version, has = lib.helicsGetVersion().decode(), lambda t: lib.helicsIsCoreTypeAvailable(t.encode())
else:
    import helics as h
    version, has = h.helicsGetVersion(), h.helicsIsCoreTypeAvailable
types = ('zmq', 'zmqss', 'tcp', 'tcpss', 'udp', 'ipc', 'inproc', 'mpi')
print(version.split()[0] + ', core types', *(t for t in types if has(t)), flush=True)
os._exit(0)  # HELICS' own end may crash
`;

/** HELICS, its version and the core types that it was built with; only federations need it. */
async function helics(): Promise<Finding> {
  const what = "HELICS";
  const given = process.env["HELICS_LIBRARY"] || undefined;
  if (given !== undefined && !existsSync(given)) {
    return { what, good: false, found: `there is no file ${given}, which HELICS_LIBRARY names` };
  }
  const environment = process.env["VIRTUAL_ENV"];
  const own = process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"];
  // As a federate looks for it.
  const programs = [...(environment === undefined ? [] : [join(environment, ...own)]), "python3", "python"];
  let failure: { code?: unknown; stderr?: string } = {};
  for (const program of programs) {
    try {
      const { stdout } = await promisify(execFile)(program, ["-c", LOOK_AT_HELICS], { timeout: LOOK_MS });
      return { what, ...judged(stdout.trim()) };
    } catch (error) {
      if ((error as typeof failure).code !== "ENOENT") failure = error as typeof failure;
    }
  }
  if (given === undefined) {
    return { what, good: undefined, found: "missing; only federations need it: `pip install helics`" };
  }
  const said = failure.stderr?.trim().split("\n").at(-1);
  if (said === undefined)
    return { what, good: undefined, found: `${given}, of HELICS_LIBRARY; no Python to look into it` };
  return { what, good: false, found: `${given}, which HELICS_LIBRARY names, is no library of HELICS: ${said}` };
}

function judged(found: string): Pick<Finding, "good" | "found"> {
  const [major = 0, minor = 0] = found.split(".").map(Number.parseFloat);
  if (major !== HELICS_MIN[0] || minor < HELICS_MIN[1]) {
    return { good: false, found: `${found}; ${HELICS_MIN.join(".")} or newer of version ${HELICS_MIN[0]} is needed` };
  }
  const koffi = canResolve("koffi") ? "" : "; koffi, which calls it, is missing: run `npm install koffi`";
  return { good: koffi === "" ? true : undefined, found: `${found}${koffi}` };
}

function canResolve(library: string): boolean {
  try {
    import.meta.resolve(library);
    return true;
  } catch {
    return false;
  }
}
