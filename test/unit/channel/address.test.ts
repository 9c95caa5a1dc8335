import { describe, expect, it } from "vitest";
import { isLoopback } from "../../../src/channel/address.ts";
import { formatAddress, formatAgentUrl, parseAddress, parseAgentUrl } from "../../../src/channel/index.ts";

describe("an address", () => {
  it.each([
    ["tcp://127.0.0.1:5555", "127.0.0.1", 5555],
    ["tcp://[::1]:5555", "::1", 5555],
    ["tcp://grid-1.example:0", "grid-1.example", 0],
  ])("%s is read and written", (address, host, port) => {
    expect(parseAddress(address)).toStrictEqual({ scheme: "tcp", host, port });
    expect(formatAddress(host, port)).toBe(address);
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
  ])("%s is read and written", (url, address, agent) => {
    expect(parseAgentUrl(url)).toStrictEqual({ address, agent });
    expect(formatAgentUrl({ address, agent })).toBe(url);
  });

  it.each(["tcp://127.0.0.1:5555", "tcp://127.0.0.1:5555/", "battery-1", "tcp://a/0"])("%j is none", (url) => {
    expect(() => parseAgentUrl(url)).toThrow(TypeError);
  });
});
