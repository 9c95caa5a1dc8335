import { describe, expect, it } from "vitest";
import { readError, writeError } from "../../../src/channel/failures.ts";
import { ChannelError, RemoteError } from "../../../src/errors.ts";

describe("an error of our own", () => {
  it.each([
    [new TypeError("x is not a function"), "TypeError: x is not a function"],
    [new ChannelError("ERR_CHANNEL_BUSY", "too much"), "ChannelError [ERR_CHANNEL_BUSY]: too much"],
    [Object.assign(new Error("no"), { code: "ENOENT" }), "Error [ENOENT]: no"],
    [Object.assign(new Error("no"), { code: 7 }), "Error: no"],
    [new RemoteError("ERR_X", "ValueError", "far away"), "ValueError [ERR_X]: far away"],
    ["just text", "Error: just text"],
    [undefined, "Error: undefined"],
    [Object.create(null), "Error: a thrown object"],
  ])("is written as one text", (error, text) => {
    expect(writeError(error)).toBe(text);
  });

  it.each([
    ["ERR_REMOTE", "ValueError", "wrong"],
    ["ERR_RPC_NOT_FOUND", "RpcError", "there is no method"],
    ["ERR_X", "E", ""],
    ["ERR_REMOTE", "", ""],
    ["ERR_X", "A B", "two\nlines: [x]: y\n"],
    ["ERR_REMOTE", "Error", "Traceback (most recent call last):\n  File x\nKeyError: 1"],
  ])("comes back as it was: %s %s %j", (code, name, message) => {
    const back = readError(writeError(new RemoteError(code, name, message)), { peer: "tcp://a:1", method: "m" });
    expect(back).toMatchObject({
      name: "RemoteError",
      code,
      remoteName: name,
      message,
      peer: "tcp://a:1",
      method: "m",
    });
  });

  it("carries no stack", () => {
    expect(writeError(new Error("boom"))).not.toContain("wire-error.test");
  });

  it("fits a frame, however long its message", () => {
    const text = writeError(new Error("\u{1F600}".repeat(100_000)));
    expect(text.length).toBeLessThan(20_000);
    expect(text.isWellFormed()).toBe(true);
    expect(text).toMatch(/…$/);
  });
});

describe("a traceback of Python", () => {
  it.each([
    ["ValueError: never raised\n", "ValueError", "never raised"],
    ["package.module.Custom: never raised\n", "Custom", "never raised"],
    [
      'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    raise ValueError("no")\nValueError: no\n',
      "ValueError",
      "no",
    ],
    [
      "Traceback (most recent call last):\n  File\n    x\n    ^^^\naiomas.exceptions.RemoteException: far\n",
      "RemoteException",
      "far",
    ],
    [
      "Traceback (most recent call last):\n  File\nValueError: first\nsecond: line\n",
      "ValueError",
      "first\nsecond: line",
    ],
    ["Traceback (most recent call last):\n  File\nKeyboardInterrupt\n", "KeyboardInterrupt", ""],
    [
      "Traceback (most recent call last):\n  File\nKeyError: 1\n\nDuring handling of the above exception, another exception occurred:\n\n" +
        'Traceback (most recent call last):\n  File\nLookupError: Name "x" not found in "a/b"\n',
      "LookupError",
      'Name "x" not found in "a/b"',
    ],
    ["something that nobody knows\n", "Error", "something that nobody knows"],
    ["", "Error", ""],
  ])("is read to its name and message", (text, remoteName, message) => {
    expect(readError(text, {})).toMatchObject({ code: "ERR_REMOTE", remoteName, message });
  });
});
