import { setTimeout as sleep } from "node:timers/promises";
import { defineScenario, Platform } from "cosimas";

/** Three agents; one does what the command line says, and asks another one to do it with `--peer`. */
export default defineScenario({
  name: "command line",
  containers: true,
  parameters: {
    act: { type: "string", default: "number", help: "what is done" },
    peer: { type: "string", default: "", help: "by whom" },
    steps: { type: "integer", default: 3, min: 1, help: "how often" },
    holds: { type: "boolean", default: false, help: "goes on until a signal comes" },
  },
  async run({ parameters: { act, peer, steps, holds }, population, seed, signal, record, print, result }) {
    const { containers, isolation = "inline" } = population;
    const module = new URL("./agents.ts", import.meta.url);
    const journal = record({ modules: [module] });
    const platform = await Platform.create({
      containers,
      isolation,
      module,
      seed,
      ...(journal && { record: journal }),
    });
    try {
      for (const id of ["w0", "w1", "w2"]) await platform.spawn("Worker", { id });
      for (let t = 0; t < steps || (holds && !signal.aborted); t++) {
        for (const id of ["w0", "w1"]) {
          if (peer === "") platform.input(id, "act", [act]);
          else if (id !== peer) platform.input(id, "ask", [peer, act]);
        }
        await platform.advance(t + 1);
        if (t === 0) print("ready");
        if (holds) await sleep(20);
      }
      result({ peak_kw: seed * steps, note: act });
    } finally {
      await platform.close();
    }
  },
});
