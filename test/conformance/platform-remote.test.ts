import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import type { TlsFiles } from "../../src/channel/index.ts";
import { Container, Platform } from "../../src/index.ts";
import { joinPlatform } from "../../src/platform/index.ts";
import { Actor, name } from "../support/actors.ts";
import { makeCertificates } from "../support/certificates.ts";
import { faultProxy } from "../support/fault-proxy.ts";

/** Containers that are started by hand with `cosimas container`. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = ["--conditions=cosimas:source", "--import", "tsx", "src/cli/main.ts", "container"];
const MODULE = "test/support/actors.ts";
const module = new URL("../support/actors.ts", import.meta.url);

class Joining {
  readonly child: ChildProcess;
  said = "";
  readonly code: Promise<number | null>;

  constructor(args: readonly string[], token?: string) {
    const env = { ...process.env, ...(token !== undefined && { COSIMAS_TOKEN: token }) };
    this.child = spawn(process.execPath, [...PROGRAM, ...args], {
      cwd: root,
      env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.said += text;
    });
    this.code = once(this.child, "close").then(([code]) => code as number | null);
    onTestFinished(() => void this.child.kill("SIGKILL"));
  }
}

/** A platform of two containers, that `start` starts once it knows where. */
async function platformOf(
  start: (hostPort: string) => void | Promise<void>,
  options: { token?: string; tls?: TlsFiles } = {},
): Promise<Platform> {
  const platform = await Platform.create({
    module,
    containers: 2,
    isolation: "remote",
    seed: 7,
    ...options,
    onListening: (address) => void start(address.replace(/^(tcp|tls):\/\//, "")),
  });
  onTestFinished(() => platform.close().catch(() => {}));
  return platform;
}

/** A busy exchange of four agents, all at once. */
async function hashOf(home: Container | Platform): Promise<string> {
  for (let i = 0; i < 4; i++) {
    if (home instanceof Container) home.spawn(Actor, { id: name(i) });
    else await home.spawn("Actor", { id: name(i) });
  }
  for (let t = 0; t < 5; t++) {
    for (let i = 0; i < 4; i++) {
      const actions = [
        { do: "call", peer: (i + t) % 4, depth: 2 },
        { do: "both", peers: [(i + 1) % 4, (i + 2) % 4] },
        { do: "send", peer: (i + 3) % 4, delay: 0.5 },
        { do: "throw", peer: (i + 1) % 4 },
        { do: "spawn" },
      ];
      home.input(name(i), "run", [actions]);
    }
    await home.advance(t);
  }
  return home.traceHash();
}

describe("cosimas container", () => {
  it("joins a platform, also over a bad line, and has the trace of one container", async () => {
    const alone = await Container.create({ seed: 7 });
    const expected = await hashOf(alone);
    await alone.close();
    for (const faults of [{}, { slice: true }, { delayMs: 2, reorder: 2 }]) {
      const joining: Joining[] = [];
      const platform = await platformOf(async (hostPort) => {
        const proxy = await faultProxy(`tcp://${hostPort}`);
        onTestFinished(() => proxy.close());
        Object.assign(proxy.faults, faults);
        for (let i = 0; i < 2; i++) joining.push(new Joining([MODULE, proxy.address.replace("tcp://", "")]));
      });
      expect(platform.containers[1]).toMatch(/^container 1 \(process \d+ at tcp:/);
      expect(await hashOf(platform)).toBe(expected);
      await platform.close();
      expect(await Promise.all(joining.map(({ code }) => code))).toEqual([0, 0]);
      expect(joining.map(({ said }) => said)).toEqual(["", ""]);
    }
  });

  it("F14: is turned away with a wrong token or another module; those that fit are taken", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cosimas-test-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const tokenFile = join(folder, "token");
    writeFileSync(tokenFile, "secret\n");
    const wrong: Joining[] = [];
    const platform = await platformOf(
      async (hostPort) => {
        wrong.push(
          new Joining([MODULE, hostPort], "guess"),
          new Joining(["test/support/platform-agents.ts", hostPort], "secret"),
        );
        await Promise.all(wrong.map(({ code }) => code));
        new Joining([MODULE, hostPort], "secret");
        new Joining([MODULE, hostPort, "--token-file", tokenFile]);
      },
      { token: "secret" },
    );
    await platform.spawn("Actor", { id: name(0) });
    await platform.advance(1);
    expect(await Promise.all(wrong.map(({ code }) => code))).toEqual([1, 1]);
    expect(wrong[0]!.said).toContain("cosimas: ERR_CHANNEL_TOKEN:");
    expect(wrong[1]!.said).toContain("cosimas: ERR_CONTAINER_MODULE:");
    expect(wrong[1]!.said).toContain("another version of the module");
  });

  it("takes no empty token, from the environment or a file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cosimas-test-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const tokenFile = join(folder, "token");
    writeFileSync(tokenFile, " \n");
    const joining = [
      new Joining([MODULE, "127.0.0.1:1"], ""),
      new Joining([MODULE, "127.0.0.1:1", "--token-file", tokenFile], "secret"),
    ];
    expect(await Promise.all(joining.map(({ code }) => code))).toEqual([2, 2]);
    expect(joining[0]!.said).toContain("ERR_CLI_VALUE: COSIMAS_TOKEN is empty, which is no token");
    expect(joining[1]!.said).toContain(`ERR_CLI_VALUE: --token-file ${tokenFile} is empty, which is no token`);
    for (const token of ["", " ", "\n\t"]) {
      const refused = { code: "ERR_OPTION_TYPE", message: expect.stringContaining("token must be a token") };
      await expect(Platform.create({ module, isolation: "remote", token })).rejects.toMatchObject(refused);
      await expect(Container.create({ address: "tcp://127.0.0.1:0", hello: { token } })).rejects.toMatchObject(refused);
    }
  });

  it("takes no token of blanks through the API of a container either", async () => {
    for (const token of ["", " ", "\n"]) {
      const joining = joinPlatform(module.href, "tcp://127.0.0.1:1", { token, timeoutMs: 100 });
      await expect(joining).rejects.toMatchObject({ code: "ERR_OPTION_TYPE", message: /token must be a token/ });
    }
  });

  it("joins over TLS with the trace of one container; whom no authority knows is turned away, on either side", async () => {
    const certificates = await makeCertificates();
    onTestFinished(() => certificates.remove());
    const { good, stranger, elsewhere } = certificates;
    const filesOf = ({ cafile, certfile, keyfile }: TlsFiles) => [
      ...["--tls-ca", cafile, "--tls-cert", certfile, "--tls-key", keyfile],
    ];
    const alone = await Container.create({ seed: 7 });
    const expected = await hashOf(alone);
    await alone.close();
    const wrong: Joining[] = [];
    const right: Joining[] = [];
    const platform = await platformOf(
      async (hostPort) => {
        wrong.push(new Joining([MODULE, hostPort, ...filesOf(stranger)], "secret"));
        wrong.push(new Joining([MODULE, hostPort, "-t", "2"], "secret")); // no TLS
        await Promise.all(wrong.map(({ code }) => code));
        right.push(new Joining([MODULE, hostPort, ...filesOf(good)], "secret"));
        right.push(new Joining([MODULE, `tls://${hostPort}`, ...filesOf(good)], "secret"));
      },
      { token: "secret", tls: good },
    );
    expect(await Promise.all(wrong.map(({ code }) => code)), wrong.map(({ said }) => said).join()).toEqual([1, 1]);
    for (const { said } of wrong) expect(said).toMatch(/cosimas: ERR_CHANNEL_[A-Z_]+: .*127\.0\.0\.1:\d+/);
    expect(await hashOf(platform)).toBe(expected);
    await platform.close();
    expect(await Promise.all(right.map(({ code }) => code))).toEqual([0, 0]);

    // The platform's certificate is for another host: told at once, not after the time to look for the platform.
    const startMs = performance.now();
    let refused: Joining | undefined;
    const limits = { joinTimeoutMs: 10_000 };
    const lonely = Platform.create({
      ...{ module, isolation: "remote" as const, tls: elsewhere, limits },
      onListening: (address) => {
        expect(address).toMatch(/^tls:\/\//);
        refused = new Joining([MODULE, address, ...filesOf(good)]);
      },
    });
    lonely.catch(() => {});
    await expect.poll(() => refused).toBeDefined();
    expect(await refused!.code).toBe(1);
    expect(performance.now() - startMs).toBeLessThan(9000);
    expect(refused!.said).toMatch(/ERR_CHANNEL_CONNECT: .*(?:altnames|does not match)/);
    await expect(lonely).rejects.toMatchObject({ code: "ERR_CONTAINER_START" });
  });

  it("says which certificates are missing, and where they go", async () => {
    const joining = [
      new Joining([MODULE, "127.0.0.1:1", "--tls-cert", "c.pem"]),
      new Joining([MODULE, "tls://127.0.0.1:1"]),
      new Joining([MODULE, "127.0.0.1:1", "--tls-ca", "a", "--tls-cert", "c", "--tls-key", "k"]),
    ];
    expect(await Promise.all(joining.map(({ code }) => code))).toEqual([2, 2, 1]);
    expect(joining[0]!.said).toContain("ERR_CLI_VALUE: --tls-ca and --tls-key must be given, too");
    expect(joining[1]!.said).toContain("tls://127.0.0.1:1 needs --tls-ca, --tls-cert and --tls-key");
    expect(joining[2]!.said).toContain("ERR_CHANNEL_TLS_FILES: a certificate or key cannot be read");
    const tls = { cafile: "a", certfile: "c", keyfile: "k" };
    await expect(Platform.create({ module, isolation: "process", tls })).rejects.toThrow(/tls is for .* "remote"/);
    await expect(Platform.create({ module, isolation: "remote", tls })).rejects.toMatchObject({
      code: "ERR_CHANNEL_TLS_FILES",
    });
  });

  it("F04: ends with 1 and says so when the platform is gone", async () => {
    const joining: Joining[] = [];
    let cut = () => {};
    const platform = await platformOf(async (hostPort) => {
      const proxy = await faultProxy(`tcp://${hostPort}`);
      cut = () => proxy.reset();
      onTestFinished(() => proxy.close());
      for (let i = 0; i < 2; i++) joining.push(new Joining([MODULE, proxy.address.replace("tcp://", "")]));
    });
    await platform.advance(1);
    cut();
    expect(await Promise.all(joining.map(({ code }) => code))).toEqual([1, 1]);
    expect(joining[0]!.said).toContain("cosimas: ERR_PLATFORM_LOST: the platform at tcp://127.0.0.1:");
    await platform.spawn("Actor", { id: name(0) }).then(
      () => expect.unreachable(),
      // The loss may have failed the run before.
      (error) => expect([error.code, error.cause?.code]).toContain("ERR_CONTAINER_LOST"),
    );
  });

  it.each([
    [[], 2, "missing required argument 'module'"],
    [[MODULE], 2, "missing required argument 'address'"],
    [[MODULE, "nowhere"], 2, 'address "nowhere": must be HOST:PORT'],
    [["no/such.ts", "127.0.0.1:1"], 2, "ERR_SCENARIO_NOT_FOUND"],
    [["README.md", "127.0.0.1:1"], 1, "ERR_SCENARIO_LOAD"],
    [[MODULE, "127.0.0.1:1", "-t", "0.1"], 1, "ERR_CHANNEL_CONNECT"],
    [[MODULE, "127.0.0.1:1", "--token-file", "no/such"], 2, "--token-file no/such cannot be read"],
  ])("with %j ends with %i and says %s", async (args, code, text) => {
    const joining = new Joining(args as string[]);
    expect(await joining.code).toBe(code);
    expect(joining.said).toContain(text);
  });
});
