import { describe, expect, expectTypeOf, it } from "vitest";
import { parseRequest } from "../../../src/cli/commands/run.ts";
import { UsageError } from "../../../src/cli/errors.ts";
import { optionName, parseValue, reproduceCommand } from "../../../src/cli/parameters.ts";
import type { ParameterDeclaration } from "../../../src/cosim/parameter.ts";
import { defineScenario } from "../../../src/cosim/scenario.ts";

const day: ParameterDeclaration = { type: "integer", default: 140, min: 0, max: 365 };
const factor: ParameterDeclaration = { type: "number", default: 0.5, min: 0 };
const mode: ParameterDeclaration = { type: "string", default: "a", choices: ["a", "b"] };

const scenario = defineScenario({
  name: "demo",
  parameters: {
    day: { type: "integer", default: 140, min: 0, max: 365, help: "day of the year" },
    factor: { type: "number", default: 0.5, min: 0 },
    control: { type: "boolean", default: true },
    fullTrace: { type: "boolean", default: false },
    mode: { type: "string", default: "a", choices: ["a", "b"] },
    label: { type: "string", default: "" },
  },
  run({ parameters }) {
    expectTypeOf(parameters.day).toEqualTypeOf<number>();
    expectTypeOf(parameters.control).toEqualTypeOf<boolean>();
    expectTypeOf(parameters.mode).toEqualTypeOf<"a" | "b">();
    expectTypeOf(parameters.label).toEqualTypeOf<string>();
    // @ts-expect-error not declared
    void parameters.days;
  },
});

const defaults = { day: 140, factor: 0.5, control: true, fullTrace: false, mode: "a", label: "" };

describe("a value", () => {
  it.each([
    [day, "0", 0],
    [day, "365", 365],
    [day, "+7", 7],
    [day, "1e2", 100],
    [factor, ".5", 0.5],
    [factor, "2e-1", 0.2],
    [mode, "b", "b"],
    [{ type: "string", default: "" } as const, "", ""],
  ])("of %o: %s is %s", (declaration, text, value) => {
    expect(parseValue("x", declaration, text)).toBe(value);
  });

  it.each([
    [day, "366", "--x 366: must be an integer from 0 to 365"],
    [day, "-1", "--x -1: must be an integer from 0 to 365"],
    [day, "1.5", "--x 1.5: must be an integer from 0 to 365"],
    [day, "", "--x '': must be an integer from 0 to 365"],
    [day, "0x10", "--x 0x10: must be an integer from 0 to 365"],
    [day, "today", "--x today: must be an integer from 0 to 365"],
    [factor, "-0.1", "--x -0.1: must be a finite number >= 0"],
    [factor, "Infinity", "--x Infinity: must be a finite number >= 0"],
    [factor, "1e999", "--x 1e999: must be a finite number >= 0"],
    [factor, "1 000", "--x '1 000': must be a finite number >= 0"],
    [mode, "c", "--x c: must be one of a, b"],
  ])("of %o is not %s", (declaration, text, message) => {
    expect(() => parseValue("x", declaration, text)).toThrow(new UsageError("ERR_CLI_VALUE", message));
  });
});

describe("a command line", () => {
  const parse = (...args: string[]) => parseRequest(scenario, "s.ts", args);

  it("gives the defaults where nothing is said", async () => {
    expect(await parse()).toEqual({ seed: 1, out: "out", containers: 1, debug: false, parameters: defaults });
  });

  it("gives every option its value; the last one counts", async () => {
    const request = await parse("--day", "3", "--day=4", "--no-control", "--full-trace", "--mode", "b", "--seed", "9");
    const parameters = { ...defaults, day: 4, control: false, fullTrace: true, mode: "b" };
    expect(request).toEqual({ seed: 9, out: "out", containers: 1, debug: false, parameters });
    expect((await parse("--no-control", "--control"))?.parameters["control"]).toBe(true);
  });

  it.each([
    [["--day", "400"], /--day 400: must be an integer from 0 to 365/],
    [["--seed", "-1"], /--seed -1: must be an integer >= 0/],
    [["--dya", "4"], /unknown option '--dya'\n\(Did you mean --day\?\)/],
    [["--day"], /'--day <integer>' argument missing/],
    [["--no-day"], /unknown option '--no-day'/],
    [["more"], /too many arguments/],
  ])("%j is refused", async (args, message) => {
    await expect(parse(...args)).rejects.toThrow(message);
  });

  it("is repeated word for word by the line that reproduces it", async () => {
    const args = [
      "--seed",
      "5",
      "--day",
      "206",
      "--factor",
      "0.25",
      "--no-control",
      "--full-trace",
      "--label",
      "it's 5 pm",
    ];
    const request = (await parse(...args))!;
    const line = reproduceCommand("my scenario.ts", request.seed, scenario.parameters, request.parameters);
    expect(line).toBe(
      "cosimas run 'my scenario.ts' --seed 5 --day 206 --factor 0.25 --no-control --full-trace --mode a --label 'it'\\''s 5 pm'",
    );
  });

  it("names options in kebab-case", () => {
    expect(optionName("maxLoadingPct")).toBe("max-loading-pct");
  });
});

describe("a declaration", () => {
  const define = (parameters: Record<string, unknown>) => () =>
    defineScenario({ name: "x", parameters: parameters as Record<string, ParameterDeclaration>, run() {} });

  it.each([
    [
      { day: { type: "integer", default: 400, max: 365 } },
      RangeError,
      /parameter "day": default 400 must be .* <= 365/,
    ],
    [{ day: { type: "integer", default: Number.NaN } }, RangeError, /default NaN must be an integer/],
    [{ mode: { type: "string", default: "c", choices: ["a"] } }, RangeError, /default c must be one of a/],
    [{ flag: { type: "boolean" } }, RangeError, /default undefined must be true or false/],
    [{ day: { type: "date", default: 1 } }, TypeError, /type must be one of integer, number, boolean, string/],
    [{ Day: { type: "integer", default: 1 } }, TypeError, /"Day": a name is camelCase/],
    [{ noControl: { type: "boolean", default: true } }, TypeError, /does not begin with "no"/],
    [{ seed: { type: "integer", default: 1 } }, TypeError, /"seed": this option belongs to the command line/],
  ])("%j is refused", (parameters, type, message) => {
    expect(define(parameters)).toThrow(type);
    expect(define(parameters)).toThrow(message);
  });

  it("needs a name and something to run", () => {
    expect(() => defineScenario({ name: "", run() {} })).toThrow(TypeError);
    expect(() => defineScenario({ name: "x" } as never)).toThrow(/run of "x" must be a function/);
  });
});
