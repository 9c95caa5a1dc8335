import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ChannelOptions, Request } from "../../src/channel/index.ts";
import type { Connect, Connected } from "./connected.ts";

/** What only the transport below a channel can break: order, wholeness, bounds and ends under load. */
export function transportSuite(name: string, connect: Connect): void {
  describe(`${name} as a transport`, () => transportTests(connect));
}

function transportTests(connect: Connect): void {
  async function connected(options?: ChannelOptions): Promise<Connected> {
    const pair = await connect(options);
    onTestFinished(pair.close);
    return pair;
  }

  it("carries contents of any size, whole and in order, both ways at once", async () => {
    const { left, right } = await connected();
    left.serve((request) => request.reply(request.content));
    right.serve((request) => request.reply(request.content));
    const sizes = fc.array(fc.oneof(fc.nat(64), fc.nat(70_000), fc.constantFrom(16_383, 65_536, 300_000)), {
      minLength: 1,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(sizes, async (lengths) => {
        const contents = lengths.map((length, index) => new Uint8Array(length).fill(index));
        const replies = await Promise.all(
          contents.flatMap((content) => [left.request(content), right.request(content)]),
        );
        // Matchers walk through such arrays byte by byte, for seconds.
        const differ = replies.filter((reply, n) => Buffer.compare(reply as Uint8Array, contents[n >> 1]!) !== 0);
        expect(differ).toHaveLength(0);
      }),
      { numRuns: 10 },
    );
  });

  it("carries the largest frame, and no larger one", async () => {
    const { left, right } = await connected({ limits: { frameBytesMax: 200_000 } });
    right.serve((request) => request.reply(null));
    // Array header, type, id, and the header of the bytes.
    expect(await left.request(new Uint8Array(200_000 - 8))).toBe(null);
    await expect(left.request(new Uint8Array(200_000 - 7))).rejects.toMatchObject({ code: "ERR_CHANNEL_FRAME_BYTES" });
  });

  it("answers 10,000 requests that wait at once, each with its own reply", async () => {
    const { left, right } = await connected();
    const held: Request[] = [];
    right.serve((request) => {
      held.push(request);
      if (held.length < 10_000) return;
      for (const each of held.reverse()) each.reply(each.content);
    });
    const replies = await Promise.all(Array.from({ length: 10_000 }, (_, index) => left.request(index)));
    expect(replies).toStrictEqual(Array.from({ length: 10_000 }, (_, index) => index));
  });

  it("tells when the peer has read what was sent", async () => {
    const { left, right } = await connected({ limits: { sendQueueBytesMax: 1_000_000 } });
    right.serve((request) => request.reply((request.content as Uint8Array).length));
    const replies: Promise<unknown>[] = [];
    for (let n = 0; n < 100; n++) {
      await left.drained();
      expect(left.queuedBytes).toBeLessThanOrEqual(500_000);
      replies.push(left.request(new Uint8Array(100_000)));
    }
    expect(new Set(await Promise.all(replies))).toStrictEqual(new Set([100_000]));
    await left.close();
    await left.drained();
  });

  it("loses no answer to a peer that reads, however many wait", async () => {
    const { left, right } = await connected({ limits: { sendQueueBytesMax: 1_000_000 } });
    right.serve((request) => request.reply(new Uint8Array(request.content as number)));
    const sizes = Array.from({ length: 20 }, (_, n) => 1_000_000 + n);
    const replies = await Promise.all(sizes.map((size) => left.request(size)));
    expect(replies.map((reply) => (reply as Uint8Array).length)).toStrictEqual(sizes);
    await left.close();
  });

  it("lets both sides answer each other at length", async () => {
    const { left, right } = await connected({ limits: { sendQueueBytesMax: 300_000 } });
    for (const side of [left, right]) side.serve((request) => request.reply(new Uint8Array(request.content as number)));
    const asked = [left, right].flatMap((side) => Array.from({ length: 200 }, () => side.request(20_000)));
    expect(new Set((await Promise.all(asked)).map((reply) => (reply as Uint8Array).length))).toStrictEqual(
      new Set([20_000]),
    );
    await left.close();
  });

  it("handles no request while too much waits to be sent, and reads no more of them than as much again", async () => {
    const limits = { sendQueueBytesMax: 300_000, sendTimeoutMs: 60_000 };
    const { left, right } = await connected({ limits });
    let handled = 0;
    let most = 0;
    right.serve((request) => {
      handled++;
      most = Math.max(most, right.queuedBytes);
      request.reply(new Uint8Array(50_000));
    });
    const replies = await Promise.all(Array.from({ length: 100 }, () => left.request(null)));
    expect([replies.length, handled]).toStrictEqual([100, 100]);
    expect(most).toBeLessThanOrEqual(300_000);
    await left.close();
  });

  it("gives each side the other's end once, whoever ends it", async () => {
    const { left, right } = await connected();
    const ends: string[] = [];
    void left.closed.then(() => ends.push("left"));
    void right.closed.then(() => ends.push("right"));
    await Promise.all([left.close(), right.close()]);
    await Promise.all([left.closed, right.closed]);
    expect(ends.sort()).toStrictEqual(["left", "right"]);
  });

  it("lets timers and sockets in while two sides keep answering", async () => {
    const { left, right } = await connected();
    right.serve((request) => request.reply(request.content));
    let isOver = false;
    setTimeout(() => {
      isOver = true;
    }, 1);
    while (!isOver) await left.request(1);
  });
}
