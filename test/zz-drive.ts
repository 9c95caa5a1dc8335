import { Container, ExternalClock, Platform } from "../src/index.ts";
import { W } from "./zz-agents.ts";
async function story(n: number) {
  const log: string[] = [];
  const run: any = n === 0 ? await Container.create() : await Platform.create({ module: new URL("./zz-agents.ts", import.meta.url), containers: n });
  const note = (name: string, p: any) => { Promise.resolve(p).then((v: any) => log.push(`${name} ok ${typeof v === "string" ? v : "-"}`), (e: any) => log.push(`${name} ${e.code} ${e.message}`)); };
  run.events$.subscribe((e: any) => { if (e.kind !== "tick") log.push(`  ev ${e.kind} ${e.agent} ${e.id ?? ""}`); }, undefined, () => log.push("events$ completed"));
  const ids = ["zeta", "alpha", "mu", "beta", "omega", "k1", "k2", "k10"];
  const spawns = ids.map((id) => run.spawn(W, { id }));
  if (n > 0) { for (const [i, s] of spawns.entries()) s.then(() => log.push(`spawned ${ids[i]}`)); await Promise.all(spawns); } else { for (const id of ids) log.push(`spawned ${id}`); await undefined; }
  for (const id of ids) note(`now ${id}`, run.call(id, "now", [1]));
  for (const id of [...ids].reverse()) note(`later ${id}`, run.call(id, "later", [id.length]));
  for (const id of ids) note(`fail ${id}`, run.call(id, "fail", [2]));
  note("mate", run.call("zeta", "mate", ["alpha"]));
  const adv = run.advance(2);
  for (const id of ids) note(`mid ${id}`, run.call(id, "now", [5]));
  await adv; log.push("== 2");
  const drv = (async () => { for (let i = 0; i < 3; i++) { const v = await run.call(ids[i]!, "now", [i]); log.push(`driver ${v}`); note(`chain ${i}`, run.call(ids[7 - i]!, "mate", [ids[i]!])); } })();
  for (let t = 3; t < 9; t++) { const next = await run.advance(t); log.push(`== ${t} ${next}`); log.push(JSON.stringify([...run.takeAllOutputEvents().byAgent])); }
  await drv;
  note("open1", run.call("mu", "later", [100])); note("open2", run.call("alpha", "later", [100]));
  await run.advance(9);
  run.input("k1", "nosuch", []); run.input("beta", "nosuch", []);
  await run.advance(10).catch((e: any) => log.push(`FAILED ${e.code} ${e.agent} ${e.message}`));
  log.push(run.traceHash());
  await run.close().catch((e: any) => log.push(`close ${e.code}`));
  await new Promise((r) => setTimeout(r, 10));
  return log;
}
const base = await story(0);
console.log(base.length, base.at(-3), base.at(-2), base.at(-1));
for (const n of [1, 2, 3, 4, 8]) {
  const other = await story(n);
  const i = base.findIndex((l, k) => l !== other[k]);
  console.log(n, i < 0 && base.length === other.length ? "same" : `DIFF at ${i}: "${base[i]}" vs "${other[i]}" (${base.length}/${other.length})`);
  if (i >= 0) { console.log("  base:", base.slice(i - 1, i + 6)); console.log("  this:", other.slice(i - 1, i + 6)); }
}
