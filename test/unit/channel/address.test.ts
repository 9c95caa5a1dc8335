import { describe, expect, it } from "vitest";
import { isLoopback } from "../../../src/channel/address.ts";
import { formatAddress, formatAgentUrl, parseAddress, parseAgentUrl } from "../../../src/channel/index.ts";

describe("an address", () => {
  it.each([
    ["tcp://127.0.0.1:5555", { scheme: "tcp", host: "127.0.0.1", port: 5555 }],
    ["tcp://[::1]:5555", { scheme: "tcp", host: "::1", port: 5555 }],
    ["tcp://grid-1.example:0", { scheme: "tcp", host: "grid-1.example", port: 0 }],
    ["tls://127.0.0.1:1", { scheme: "tls", host: "127.0.0.1", port: 1 }],
    ["ws://127.0.0.1:1", { scheme: "ws", host: "127.0.0.1", port: 1 }],
    ["wss://[::1]:1", { scheme: "wss", host: "::1", port: 1 }],
    ["ipc:///tmp/grid 1/s", { scheme: "ipc", path: "/tmp/grid 1/s" }],
    ["local://grid", { scheme: "local", name: "grid" }],
  ])("%s is read and written", (address, parsed) => {
    expect(parseAddress(address)).toStrictEqual(parsed);
    expect(formatAddress(parseAddress(address))).toBe(address);
  });

  it.each([
    "",
    "tcp://",
    "127.0.0.1:5555",
    "tcp://::1:5555",
    "tcp://[::g]:1",
    "tcp://[1.2.3.4]:1",
    "tcp://a:65536",
    "tcp://a:-1",
    "tcp://a:5555/0",
    "tcp://a b:1",
    "udp://a:1",
    "tcp://a:1\n",
    "ipc://relative",
    "ipc:///",
    "ipc:///a\0b",
    "ipc://[/tmp/a]",
    "local://",
    "local://a/b",
    "ws://a:1/path",
  ])("%j is none", (address) => {
    expect(() => parseAddress(address)).toThrow(TypeError);
  });

  it.each(["localhost", "127.0.0.1", "127.9.9.9", "::1"])("%s stays on this machine", (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each(["0.0.0.0", "::", "192.168.0.1", "127.0.0.1.example", "localhost.example", "127.example"])(
    "%s does not",
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});

describe("an agent's URL", () => {
  it.each([
    ["tcp://127.0.0.1:5555/0", "tcp://127.0.0.1:5555", "0"],
    ["tcp://[::1]:5555/battery-1/0", "tcp://[::1]:5555", "battery-1/0"],
    ["ipc://[/tmp/grid]/0", "ipc:///tmp/grid", "0"],
    ["local://grid/a/b", "local://grid", "a/b"],
  ])("%s is read and written", (url, address, agent) => {
    expect(parseAgentUrl(url)).toStrictEqual({ address, agent });
    expect(formatAgentUrl({ address, agent })).toBe(url);
  });

  it.each(["tcp://127.0.0.1:5555", "tcp://127.0.0.1:5555/", "battery-1", "tcp://a/0", "ipc:///a/0", "local://a"])(
    "%j is none",
    (url) => {
      expect(() => parseAgentUrl(url)).toThrow(TypeError);
    },
  );
});
