import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { HelicsError } from "./errors.ts";

/** Wall time to ask a Python where its package is, in milliseconds. */
const LOOK_MS = 10_000;

/** Where the wheels of the Python package `helics` keep the library. Source: helics 3.6.1 for Linux, macOS and Windows. */
const IN_PACKAGE = ["install/lib64", "install/lib", "install/bin", "install"] as const;
const FILES = ["libhelics.so.3", "libhelics.so", "libhelics.3.dylib", "libhelics.dylib", "helics.dll"] as const;

/**
 * The path of `libhelics`.
 *
 * It is, in this order: `given`; the environment variable `HELICS_LIBRARY`; that of the Python package `helics` of the
 * active virtual environment, of `python3`, of `python`.
 *
 * @throws {@link HelicsError} `ERR_HELICS_LIBRARY` that says how to install it.
 */
export async function findLibrary(given?: string): Promise<string> {
  for (const [source, path] of [
    ["option library", given],
    ["environment variable HELICS_LIBRARY", process.env["HELICS_LIBRARY"]],
  ] as const) {
    if (path === undefined || path === "") continue;
    if (existsSync(path)) return path;
    throw missing(`there is no file ${path}, which the ${source} names`);
  }
  for (const python of pythons()) {
    const found = await inPackageOf(python);
    if (found !== undefined) return found;
  }
  throw missing("HELICS was not found: no HELICS_LIBRARY, and no Python on the path has the package helics");
}

function missing(problem: string): HelicsError {
  const remedy = "run `pip install helics`, or give the path of libhelics in the environment variable HELICS_LIBRARY";
  return new HelicsError("ERR_HELICS_LIBRARY", problem, { remedy });
}

function pythons(): string[] {
  const environment = process.env["VIRTUAL_ENV"];
  const inEnvironment =
    environment === undefined ? [] : [join(environment, "bin", "python"), join(environment, "Scripts", "python.exe")];
  return [...inEnvironment.filter(existsSync), "python3", "python"];
}

async function inPackageOf(python: string): Promise<string | undefined> {
  const look =
    "import importlib.util as u; s = u.find_spec('helics'); print(s.submodule_search_locations[0] if s else '')";
  try {
    const { stdout } = await promisify(execFile)(python, ["-c", look], { timeout: LOOK_MS });
    const folder = stdout.trim();
    if (folder === "") return undefined;
    return IN_PACKAGE.flatMap((part) => FILES.map((file) => join(folder, part, file))).find((path) => existsSync(path));
  } catch {
    return undefined;
  }
}
