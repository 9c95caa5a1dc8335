import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Run a program in a process of its own: the test runner takes unhandled rejections for its own. */
function run(body: string): string {
  const code = `
    import { Agent, Container } from "cosimas";
    class Callee extends Agent {
      static exposed = ["fail"];
      fail() { throw new RangeError("too much"); }
    }
    class Careless extends Agent {
      ${body}
    }
    class Bystander extends Agent {
      static exposed = [];
      go() { console.log("bystander ran"); }
    }
    const container = await Container.create();
    container.spawn(Careless, { id: "careless" });
    container.spawn(Callee, { id: "callee" });
    container.spawn(Bystander, { id: "bystander" });
    await container.advance(0);
    for (const id of ["careless", "bystander"]) container.input(id, "go");
    await container.advance(1).then(
      () => console.log("no error"),
      (error) => console.log(error.code, error.agent, "|", error.message),
    );
    await container.advance(2).catch((error) => console.log(error.code));
    console.log("alive", process.listenerCount("unhandledRejection"));
  `;
  const args = ["--import", "tsx", "--conditions=cosimas:source", "--input-type=module", "-e", code];
  return execFileSync(process.execPath, args, { cwd: root, encoding: "utf8", timeout: 60_000 });
}

describe("a rejection that nobody handles", () => {
  it("of a call is its caller's error, and the process stays up", () => {
    const out = run(`async go() { const peer = await this.connect("callee"); void peer.fail(); }`);
    expect(out).toContain("bystander ran");
    expect(out).toMatch(
      /ERR_AGENT_REJECTION careless \| .*careless was rejected and nobody handled it: RangeError: too much/,
    );
    expect(out).toMatch(/ERR_RUN_FAILED\nalive 0\n$/);
  });

  it("of a promise of the agent's own is no agent's in the error, and a warning names who ran", () => {
    const out = run(`
      go() {
        process.on("warning", (warning) => console.log(warning.code, warning.message));
        void Promise.reject(new Error("lost"));
      }`);
    expect(out).toMatch(
      /ERR_AGENT_REJECTION {2}\| a promise in the code of an agent was rejected and nobody handled it: Error: lost\n/,
    );
    expect(out).toMatch(/COSIMAS_REJECTION .*: Error: lost; it may be one of .*careless/);
  });

  it("is none if it was caught in time", () => {
    const out = run(`async go() { const peer = await this.connect("callee"); await peer.fail().catch(() => {}); }`);
    expect(out).toMatch(/no error\nalive 0\n$/);
  });

  it("of a call from outside is the program's, which may look at it after the advance", () => {
    const out = run(`
      static exposed = ["bad"];
      bad() { throw new Error("bad call"); }
      async go() { globalThis.answer = container.call("careless", "bad"); }
    `);
    expect(out).toMatch(/no error\nalive 0\n$/);
  });
});
