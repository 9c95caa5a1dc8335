import { Container, defineScenario } from "cosimas";
import { Clocked, Counting, Numbered, Sound } from "./agents.ts";

/** The class is named by the environment: the doctor gives a scenario no parameters. */
const { DETERMINISM_CLASS: name } = process.env;
const type = [Sound, Counting, Numbered, Clocked].find((known) => known.name === name) ?? Sound;

export default defineScenario({
  name: "determinism",
  async run({ seed, record }) {
    const journal = record({ modules: [new URL("agents.ts", import.meta.url)] });
    const container = await Container.create({ seed, ...(journal && { record: journal }) });
    for (const id of ["a", "b"]) container.spawn(type, { id });
    for (let t = 0; t < 3; t++) {
      for (const id of ["b", "a"]) void container.call(id, "offer");
      await container.advance(t);
    }
    await container.close();
  },
});
