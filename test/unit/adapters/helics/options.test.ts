import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentSimulator } from "cosimas/mosaik";
import { afterAll, describe, expect, it } from "vitest";
import { configurationFrom } from "../../../../adapters/helics/configuration.ts";
import { brokerAddress, checkCoreType, coreBytesMax } from "../../../../adapters/helics/core-type.ts";
import { checkPopulation } from "../../../../adapters/helics/entity-checks.ts";
import { helicsError } from "../../../../adapters/helics/errors.ts";
import {
  checkFederateOptions,
  configurationOf,
  onOneProcessor,
  valueType,
} from "../../../../adapters/helics/federate-options.ts";
import { readConfiguration } from "../../../../adapters/helics/index.ts";
import { readFederationMap, waitsFor } from "../../../../adapters/helics/process/federation-map.ts";
import { FrameReader, frameOf } from "../../../../adapters/helics/process/frames.ts";

describe("options of a federate", () => {
  it.each([
    [{ brokr: "a" }, TypeError, /^federate: there is no option "brokr"; did you mean "broker"\?/],
    [{ name: "grid", brokr: "a" }, TypeError, /^federate "grid": there is no option "brokr"/],
    [{ coreType: "smoke" }, TypeError, /coreType must be one of "zmq", .* got "smoke"/],
    [{ helicsAffinity: "2" }, TypeError, /helicsAffinity must be one of "one", "all", got "2"/],
    [{ iterate: "ifneeded" }, TypeError, /iterate must be one of .* did you mean "ifNeeded"\?/],
    [{ periodS: Number.NaN }, RangeError, /periodS must be a finite number >= 0 seconds, got NaN/],
    [{ periodS: "900" }, TypeError, /periodS must be a finite number >= 0 seconds, got "900"/],
    [{ tickMs: 0.5 }, RangeError, /tickMs must be an integer >= 1 milliseconds, got 0.5/],
    [{ name: "" }, TypeError, /name must be a string that is not empty, got ""/],
    [{ broker: "" }, TypeError, /broker must be a string that is not empty, got ""/],
    [{ log: 5 }, TypeError, /log must be a function, got 5/],
    [{ configuration: null }, Error, /option configuration: the federate is an object, got null/],
    [{ uninterruptible: 1 }, TypeError, /uninterruptible must be true or false, got 1/],
    [{ configuration: { perod: 1 } }, Error, /option configuration: .*did you mean "period"/],
  ])("are checked when they are given: %j", (options, type, text) => {
    expect(() => checkFederateOptions(options as object)).toThrow(type);
    expect(() => checkFederateOptions(options as object)).toThrow(text);
    const code = expect.stringMatching(/^ERR_(OPTION_(UNKNOWN|TYPE|RANGE)|HELICS_CONFIGURATION)$/);
    expect(() => checkFederateOptions(options as object)).toThrow(expect.objectContaining({ code }));
  });

  it("become HELICS' configuration, and what it says already stays", () => {
    const interfaces = {
      publications: [{ key: "a/x", type: "bytes" as const, units: "MW" }],
      inputs: [{ key: "y", target: "b/y", type: "any" as const, required: false }],
      endpoints: [{ name: "a/in" }],
    };
    const configuration = { log_level: "error", core_init_string: "--tick=9s -f 2", publications: [{ key: "old" }] };
    const text = configurationOf("a", { broker: "10.0.0.1:5", periodS: 2, configuration }, interfaces);
    expect(JSON.parse(text)).toEqual({
      name: "a",
      core_type: "zmq",
      core_init_string: "--tick=9s -f 2 --broker_address=tcp://10.0.0.1:5 --timeout=3000ms --querytimeout=4000ms",
      log_level: "error",
      period: 2,
      publications: [{ key: "a/x", type: "raw", global: true, unit: "MW" }],
      inputs: [{ key: "y", type: "any", targets: ["b/y"], connection_required: false }],
      endpoints: [{ name: "a/in", global: true }],
    });
    expect(valueType("Vector_Double", "x")).toBe("vector");
    expect(() => valueType("named_point", '"x"')).toThrow(/of type "named_point", which agents do not exchange/);
  });
});

describe("a core type", () => {
  it.each([
    [{ broker: "10.0.0.1" }, "tcp://10.0.0.1"],
    [{ broker: "udp://10.0.0.1:5", coreType: "udp" }, "udp://10.0.0.1:5"],
    [{ broker: "grid", coreType: "ipc" }, "grid"],
    [{ broker: "grid", configuration: { core_type: "IPC" } }, "grid"],
    [{ broker: "main", coreType: "inproc" }, "main"],
  ] as const)("takes the broker's address as it is given: %j, %s", (options, address) => {
    expect(brokerAddress(options)).toBe(address);
  });

  it.each([
    [{}, undefined],
    [{ coreType: "tcp" }, 4096],
    [{ coreType: "tcpss", coreInit: "-f 1 --max_size 9000" }, 9000],
    [{ configuration: { core_type: "ipc", core_init_string: "--maxsize=5000" } }, 5000],
    [{ coreType: "udp", coreInit: "--maxsize=20000" }, 10_192],
  ] as const)("carries so many bytes: %j, %s", (options, bytes) => {
    expect(coreBytesMax(options)).toBe(bytes);
  });

  it.each([
    [{ coreType: "mpi" }, /no core type "mpi"; it has zmq, ipc, inproc; for mpi/],
    [{ configuration: { core_type: "smoke" } }, /no core type "smoke"; it has zmq/],
    [{ coreType: "ipc", broker: "10.0.0.1:5" }, /name of the broker's queue and no address, got "10.0.0.1:5"/],
    [{ coreType: "inproc" }, /its own process only/],
    [{ coreType: "inproc", broker: "tcp://a", helicsIsolation: "inline" }, /the broker's name and no address/],
  ] as const)("is refused where it reaches no broker: %j", (options, text) => {
    expect(() => checkCoreType("a", options, ["zmq", "ipc", "inproc"])).toThrow(text);
  });

  it.each([
    {},
    { coreType: "ipc" },
    { coreType: "ipc", broker: "grid" },
    { coreType: "inproc", helicsIsolation: "inline" },
    { coreType: "inproc", coreInit: "-f 1 --autobroker" },
    { configuration: { core_type: "inproc", autobroker: true } },
  ] as const)("is taken where it may: %j", (options) => {
    expect(() => checkCoreType("a", options, ["zmq", "ipc", "inproc"])).not.toThrow();
  });
});

describe("the threads of HELICS", () => {
  it.each([
    [{}, true],
    [{ coreType: "tcpss" }, true],
    [{ coreType: "zmqss" }, false],
    [{ configuration: { core_type: "ipc" } }, false],
    [{ configuration: { core_type: "ZeroMQ" } }, true],
    [{ configuration: { core_type: "TCP_SS" } }, true],
    [{ coreType: "udp", configuration: { core_type: "ipc" } }, true],
    [{ coreType: "ipc", helicsAffinity: "one" }, true],
    [{ helicsAffinity: "all" }, false],
  ] as const)("stay on one processor where that is faster: %j, %s", (options, isOne) => {
    expect(onOneProcessor(options)).toBe(isOne);
  });
});

describe("a configuration of HELICS", () => {
  const folder = mkdtempSync(join(tmpdir(), "cosimas-helics-unit-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("is read with comments, in any of HELICS' spellings", () => {
    const file = join(folder, "a.json");
    writeFileSync(
      file,
      '{"name": "a#1", /* two\nlines */ "coreType": "tcp", "WAITFORCURRENTTIMEUPDATE": true, # so\n "inputs": []}',
    );
    expect(readConfiguration(file)).toEqual({
      name: "a#1",
      core_type: "tcp",
      wait_for_current_time_update: true,
      inputs: [],
    });
  });
});

describe("a configuration that is an object", () => {
  it.each([
    [900, 900],
    ["900", 900],
    ["15 min", 900],
    ["500ms", 0.5],
    ["1 hr", 3600],
    [{ value: 3, unit: "min" }, 180],
    [{ value: 3, units: "ms" }, 0.003],
  ])("says times as HELICS has them: %j is %f s", (period, seconds) => {
    expect(configurationFrom({ period, OFFSET: period })).toEqual({ period: seconds, offset: seconds });
  });

  it.each([
    [{ period: "frog" }, /period is a time, as 900 or "15 min", got "frog"/],
    [{ period: "2 frog" }, /period is a time/],
    [{ offset: -1 }, /offset is a time/],
    [{ offset: null }, /offset is a time/],
    [{ uninterruptible: "true" }, /uninterruptible is true or false, got "true"/],
    [{ helics: { perod: 1 } }, /helics has the key "perod", .*did you mean "period"\?/],
    [5, /the federate is an object, got 5/],
  ])("is refused if it cannot be understood: %j", (given, text) => {
    expect(() => configurationFrom(given)).toThrow(text);
    expect(() => configurationFrom(given)).toThrow(expect.objectContaining({ code: "ERR_HELICS_CONFIGURATION" }));
  });

  it.each([
    [{ name: "pv", perod: 1 }, undefined, 'federate "pv": option configuration: .*did you mean "period"'],
    [{ name: "pv", perod: 1 }, "agents", 'federate "agents": option configuration: .*did you mean "period"'],
    [
      { period: "frog" },
      "agents",
      'federate "agents": option configuration: period .*; correct it in option configuration',
    ],
    ["no/such.json", "agents", 'federate "agents": no/such.json cannot be read: ENOENT.*; give the path of a file'],
  ])("names the federate and what to do: %j, %j", (given, federate, text) => {
    expect(() => configurationFrom(given, federate)).toThrow(new RegExp(`^${text}`));
  });

  it("may have HELICS' keys in a part of their own", () => {
    expect(configurationFrom({ helics: { coreType: "tcp", period: 2 } })).toEqual({ core_type: "tcp", period: 2 });
  });
});

describe("a federate's population", () => {
  const simulator = new AgentSimulator({ models: {} });
  const entity = { model: "House", eid: "h" };
  it.each([
    [undefined, [], /simulator must be a Simulator, as `new AgentSimulator/],
    [simulator, undefined, /entities must be an array/],
    [simulator, [null], /entities\[0\] must be an object, got null/],
    [simulator, [{ model: "House" }], /entities\[0\]\.eid must be a string/],
    [
      simulator,
      [{ ...entity, inputs: { x: 5 } }],
      /entities\[0\]\.inputs\.x must be .*an object with publication.*got 5/,
    ],
    [
      simulator,
      [entity, { ...entity, inputs: { x: { publication: "a/b", unit: "MW" } } }],
      /no option "unit" in entities\[1\]\.inputs\.x; did you mean "units"\?/,
    ],
    [
      simulator,
      [{ ...entity, inputs: { x: [{ endpoint: "a/b", type: "text" }] } }],
      /inputs\.x\[0\]\.type must be one of/,
    ],
    [simulator, [{ ...entity, outputs: { p: { type: "frog" } } }], /outputs\.p\.type must be one of "double"/],
    [simulator, [{ ...entity, outputs: { p: { to: 5 } } }], /outputs\.p\.to must be a string/],
  ])("is checked when it is given (%#)", (population, entities, text) => {
    expect(() => checkPopulation(population, entities)).toThrow(text);
  });

  it("may be connected in all ways of the guide", () => {
    const inputs = { x: "a/b", y: ["a/b", { publication: "a/c", units: "pu", initial: 1 }], z: { endpoint: "n/z" } };
    const outputs = {
      p: {},
      q: { publication: "h/q", type: "integer", units: "" },
      r: { to: ["m/in"], endpoint: "n/r" },
    };
    checkPopulation(simulator, [entity, { ...entity, inputs, outputs }, { ...entity, outputs: ["p"] }]);
  });
});

describe("what HELICS says", () => {
  it.each([
    [
      "helicsCreateCombinationFederateFromConfig",
      -1,
      "Unable to connect to broker->unable to register federate",
      "ERR_HELICS_BROKER",
    ],
    [
      "helicsFederateEnterInitializingMode",
      -2,
      'Input "a" source has incompatible unit: MW is not convertible to V',
      "ERR_HELICS_UNITS",
    ],
    [
      "helicsFederateEnterInitializingMode",
      -2,
      "source has mismatched types: double is not compatible with raw",
      "ERR_HELICS_TYPE",
    ],
    [
      "helicsFederateEnterInitializingMode",
      -2,
      "Unable to connect to required Publication target b",
      "ERR_HELICS_INTERFACE",
    ],
    ["helicsFederateRequestTime", -5, "a/conversion and b/damping are odd", "ERR_HELICS_CALL"],
    ["helicsFederateRequestTime", -101, "the grid has melted", "ERR_HELICS_ABORTED"],
    ["helicsFederateRequestTime", -101, "lost comms with 1879048192", "ERR_HELICS_LOST"],
    [
      "helicsEndpointSendBytes",
      0,
      'a message from "a" to "b" takes 9 bytes, and the core carries 8',
      "ERR_HELICS_SIZE",
    ],
    ["koffi", 0, "Cannot find package", "ERR_HELICS_KOFFI"],
    ["load", 0, "no such file", "ERR_HELICS_LIBRARY"],
    ["helicsX", -5, "something else", "ERR_HELICS_CALL"],
  ])("is a typed error: %s %i %s", (name, code, message, expected) => {
    const error = helicsError({ function: name, code, message }, { federate: "a", timeS: 3 });
    expect(error).toMatchObject({ code: expected, federate: "a", timeS: 3, function: name, helicsCode: code });
    expect(error.message).toMatch(/^federate "a" at 3 s: .*; /);
  });

  it("of a wait names whom it is for", () => {
    const map = readFederationMap(
      '{"attributes":{"id":1,"name":"root"},"brokers":[],"cores":[{"attributes":{"id":1879048192,"name":"c"},"federates":[{"attributes":{"id":131072,"name":"grid"}}]}]}',
    );
    expect(map.get(1879048192)).toBe('the core of federate "grid"');
    const state = (next: number) =>
      JSON.stringify({
        requested: 4,
        dependencies: [{ id: 131072, next, state: "granted", connection: "independent" }],
      });
    expect(waitsFor(state(3), map)).toBe(': it waits for federate "grid", which is at 3 s (granted)');
    expect(waitsFor(state(5), map)).toBe("");
    expect(waitsFor("no JSON", map)).toBe("");
  });
});

describe("frames", () => {
  it("come out as they went in, however they are cut", () => {
    const values = [{ a: [1, 2] }, "text", new Uint8Array([1, 2, 3]), undefined, { b: Number.NaN }];
    const bytes = Buffer.concat(values.map(frameOf));
    for (const size of [1, 3, 7, bytes.length]) {
      const got: unknown[] = [];
      const reader = new FrameReader((value) => got.push(value));
      for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
      expect(got).toEqual(values);
    }
  });
});
