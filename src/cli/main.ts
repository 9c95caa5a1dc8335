#!/usr/bin/env node
/**
 * The command line, `cosimas`: it runs scenarios and reports what became of them.
 *
 * Standard output carries what the scenario prints (and help, if that was asked for), nothing else: two runs can be
 * compared by it. Progress, errors and the line that says how to reproduce the run go to standard error.
 */
import { runProgram } from "./program.ts";

// Whoever reads may have seen enough (`| head`): nobody is to be told, and a run is not to be lost.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}
const code = await runProgram(process.argv.slice(2));
// What a scenario left open (a socket, a worker) must not keep a finished run alive.
if (process.stdout.writable) process.stdout.write("", () => process.exit(code));
else process.exit(code);
