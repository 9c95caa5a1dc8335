import { describe, expect, it } from "vitest";
import { Agent, Container, type ContainerOptions } from "../../../src/index.ts";

describe("options of Container.create", () => {
  it.each<readonly [object, string, RegExp]>([
    [{ seeed: 1 }, "ERR_OPTION_UNKNOWN", /no option "seeed"; did you mean "seed"\?/],
    [{ codec: "MsgPack" }, "ERR_OPTION_TYPE", /codec must be one of "msgpack", .*, got "MsgPack"/],
    [{ trace: "all" }, "ERR_OPTION_TYPE", /trace must be one of "off", "hash", "full"/],
    [{ strict: 1 }, "ERR_OPTION_TYPE", /strict must be true or false, got 1/],
    [{ clock: "external" }, "ERR_OPTION_TYPE", /clock must be an ExternalClock or a RealTimeClock, got "external"/],
    [{ limits: { roundsMax: Number.NaN } }, "ERR_OPTION_RANGE", /limits\.roundsMax must be .*, got NaN/],
    [{ limits: { roundMax: 5 } }, "ERR_OPTION_UNKNOWN", /in limits; did you mean "roundsMax"\?/],
    [{ communication: { link: {} } }, "ERR_OPTION_UNKNOWN", /in communication; did you mean "links"\?/],
    [{ record: "run.mcap" }, "ERR_OPTION_TYPE", /record must be a Recording, got "run\.mcap"/],
  ])("%j is refused", async (options, code, message) => {
    const refused = Container.create(options as ContainerOptions);
    await expect(refused).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("may be undefined, and a bound that is undefined is the default", async () => {
    const container = await Container.create({
      limits: { roundsMax: undefined },
      seed: undefined,
    } as unknown as ContainerOptions);
    class Pair extends Agent {
      go(): void {
        this.send(this.id, "go");
      }
    }
    container.spawn(Pair, { id: "a" });
    await container.advance(1);
    await container.close();
  });
});

describe("options of agents", () => {
  it("are refused by name, and the nearest is told", async () => {
    const told: unknown[] = [];
    class Writer extends Agent {
      async go(): Promise<void> {
        const tell = (error: unknown) => told.push((error as Error).message);
        await this.connect("b", { timout: 3 } as never).catch(tell);
        for (const code of [
          () => this.send("b", "x", [], { dely: 1 } as never),
          () => this.spawn(Writer, { name: "c" } as never),
          () => this.spawn(Writer, { args: "c" } as never),
        ]) {
          try {
            code();
          } catch (error) {
            tell(error);
          }
        }
      }
    }
    const container = await Container.create();
    container.spawn(Writer, { id: "a" });
    expect(() => container.spawn(Writer, { ids: "b" } as never)).toThrow(/there is no option "ids"/);
    container.input("a", "go");
    await container.advance(1);
    await container.close();
    expect(told).toEqual([
      'connect: there is no option "timout"; did you mean "timeout"?',
      'send: there is no option "dely"; did you mean "delay"?',
      expect.stringMatching(/^spawn: there is no option "name"/),
      expect.stringMatching(/^spawn: args must be an array/),
    ]);
  });
});
