import { execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { exportRun, inspectRun, openRun, RunWriter, recoverRun } from "../../../src/index.ts";
import { HEADER, messages } from "../../support/run-entries.ts";

const folder = mkdtempSync(join(tmpdir(), "cosimas-target-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string) => join(folder, name);

async function record(name: string, replace = false): Promise<void> {
  const writer = await RunWriter.open(path(name), HEADER, { durable: "write", replace });
  writer.append(messages(0, 10));
  await writer.close();
}

const EXISTS = { name: "RecordingError", code: "ERR_RECORDING_EXISTS" };

describe("the place of a recording", () => {
  it("keeps what stands there, unless it is to be replaced", async () => {
    await record("a");
    const before = readFileSync(path("a"));
    await expect(record("a")).rejects.toMatchObject({ ...EXISTS, message: expect.stringContaining("--force") });
    expect(readFileSync(path("a"))).toEqual(before);
    await record("a", true);
    expect(readdirSync(folder).filter((name) => name.startsWith("a"))).toEqual(["a"]);
  });

  it("keeps a torn recording, and says how it is saved", async () => {
    const writer = await RunWriter.open(path("torn"), HEADER, { durable: "write" });
    writer.append(messages(0, 10));
    await writer.settle();
    const [file, wal] = [readFileSync(path("torn")), readFileSync(path("torn.wal"))];
    await writer.close();
    writeFileSync(path("torn"), file);
    writeFileSync(path("torn.wal"), wal);
    const message = expect.stringContaining(`cosimas recover ${path("torn")}`);
    await expect(record("torn")).rejects.toMatchObject({ ...EXISTS, message });
    rmSync(path("torn"));
    await expect(record("torn"), "the .wal alone").rejects.toMatchObject({ ...EXISTS, message });
    writeFileSync(path("torn"), file);
    expect(await recoverRun(path("torn"), path("saved"))).toMatchObject({ entries: 10 });
    await expect(recoverRun(path("torn"), path("saved"))).rejects.toMatchObject(EXISTS);
    expect(await recoverRun(path("torn"), path("saved"), { replace: true })).toMatchObject({ entries: 10 });
  });

  it("takes one recorder at a time", async () => {
    const first = await RunWriter.open(path("busy"), HEADER, { durable: "write" });
    const second = RunWriter.open(path("busy"), HEADER, { replace: true });
    await expect(second).rejects.toMatchObject({
      code: "ERR_RECORDING_BUSY",
      message: expect.stringContaining("busy"),
    });
    first.append(messages(0, 10));
    await first.close();
    expect((await inspectRun(path("busy"))).events).toBe(10);
    await record("busy", true);
  });

  it.skipIf(process.platform === "win32")(
    "is one place under all its names: links to it, to its folder, to nothing yet",
    async () => {
      mkdirSync(path("real/below"), { recursive: true });
      symlinkSync(path("real"), path("linked"));
      symlinkSync(path("real/below/run"), path("alias"));
      symlinkSync("alias", path("alias-of-alias"));
      const names = ["alias-of-alias", "alias", "real/below/run", "linked/below/run", "real/../linked/below/run"];
      for (const name of names) {
        const first = await RunWriter.open(path(name), HEADER, { durable: "write", replace: true });
        first.append(messages(0, 10));
        for (const other of names) {
          const second = RunWriter.open(path(other), HEADER, { replace: true });
          await expect(second, `${name}, ${other}`).rejects.toMatchObject({ code: "ERR_RECORDING_BUSY" });
        }
        await first.settle();
        const torn = [readFileSync(path("real/below/run")), readFileSync(path("real/below/run.wal"))] as const;
        await first.close();
        for (const other of names) expect((await inspectRun(path(other))).events).toBe(10);
        expect(readdirSync(path("real/below"))).toEqual(["run"]);
        writeFileSync(path("real/below/run"), torn[0]);
        writeFileSync(path("real/below/run.wal"), torn[1]);
        for (const other of names) {
          expect(await recoverRun(path(other), path("found"), { replace: true }), other).toMatchObject({ entries: 10 });
        }
        rmSync(path("real/below/run.wal"));
      }
    },
  );

  it.skipIf(process.platform === "win32")("may be a device, beside which nothing is left", async () => {
    const writer = await RunWriter.open("/dev/null", HEADER);
    writer.append(messages(0, 10));
    await writer.settle();
    await writer.close();
    expect(existsSync("/dev/null.wal")).toBe(false);
  });

  it("is held by another process until that is gone", async () => {
    const child = spawn(process.execPath, ["--eval", "setInterval(() => {}, 1000); console.log(1)"]);
    const ended = new Promise((resolve) => child.once("close", resolve));
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const holder = { host: hostname(), process: child.pid, thread: 0 };
    writeFileSync(path("held.lock"), JSON.stringify(holder));
    await expect(record("held")).rejects.toMatchObject({
      code: "ERR_RECORDING_BUSY",
      message: expect.stringContaining(`process ${child.pid}`),
    });
    child.kill("SIGKILL");
    await ended;
    await record("held");
    expect(existsSync(path("held.lock"))).toBe(false);
  });

  it.skipIf(process.platform === "win32")("is no FIFO and no folder: neither waits, neither is replaced", async () => {
    execFileSync("mkfifo", [path("fifo")]);
    mkdirSync(path("folder"));
    await record("source");
    for (const name of ["fifo", "folder"]) {
      await expect(record(name, true)).rejects.toMatchObject(EXISTS);
      await expect(openRun(path(name))).rejects.toMatchObject({ code: "ERR_RECORDING_OPEN" });
      const options = { format: "csv", replace: true } as const;
      await expect(exportRun(path("source"), path(name), options)).rejects.toMatchObject(EXISTS);
      await expect(recoverRun(path("source"), path(name), { replace: true })).rejects.toMatchObject(EXISTS);
    }
  });
});

describe("an export", () => {
  it("replaces neither a file nor the recording", async () => {
    await record("exported");
    const before = readFileSync(path("exported"));
    writeFileSync(path("table.csv"), "mine");
    await expect(exportRun(path("exported"), path("table.csv"), { format: "csv" })).rejects.toMatchObject(EXISTS);
    expect(readFileSync(path("table.csv"), "utf8")).toBe("mine");
    expect(await exportRun(path("exported"), path("table.csv"), { format: "csv", replace: true })).toBe(10);
    const onto = exportRun(path("exported"), path("exported"), { format: "csv", replace: true });
    await expect(onto).rejects.toMatchObject(EXISTS);
    expect(readFileSync(path("exported"))).toEqual(before);
  });

  it("that fails or is killed leaves nothing under its name", async () => {
    await record("failing");
    const bytes = readFileSync(path("failing"));
    bytes[200] = bytes[200]! ^ 1;
    writeFileSync(path("failing"), bytes);
    await expect(exportRun(path("failing"), path("failing.csv"), { format: "csv" })).rejects.toThrow();
    expect(existsSync(path("failing.csv"))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.endsWith(".partial"))).toEqual([]);
  });
});

it("a recording that ended for a reason keeps it for its readers", async () => {
  const writer = await RunWriter.open(path("stopped"), HEADER, { durable: "write", onDiskError: "stop" });
  writer.append(messages(0, 10));
  await writer.settle();
  writer.append([
    { kind: "log", ticks: 0, round: 0, agent: "a", id: "a#1", cause: undefined, message: "", fields: () => 1 },
  ]);
  await writer.settle();
  expect(writer.failure).toMatchObject({ code: "ERR_RECORDING_ENTRY" });
  await writer.close();
  expect((await inspectRun(path("stopped"))).missing).toBe(writer.failure!.message);
  expect(await recoverRun(path("stopped"), path("kept"))).toMatchObject({ entries: 10, gap: writer.failure!.message });
});
