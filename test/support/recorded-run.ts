/** A recorded run that goes on until it is killed: it writes each time that an advance has acknowledged. */
import { writeSync } from "node:fs";
import { Container, Recording } from "../../src/index.ts";
import { Household, Power, types } from "./recorded-agents.ts";

const record = new Recording(process.argv[2]!, { durable: "write" });
const container = await Container.create({ seed: 9, types, record });
for (const id of ["ann", "bea", "cy"]) container.spawn(Household, { id, args: [new Power(2)] });
for (let step = 0; ; step++) {
  container.input("ann", "onLoad", [{ p_kw: step }, ["bea", "cy"]]);
  container.call("cy", "offer", [new Power(step)]).catch(() => {});
  await container.advance(10 * step);
  writeSync(1, `${10 * step}\n`);
}
