import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { readingSocket } from "../../../src/channel/transports/accepted-socket.ts";
import { StreamTransport } from "../../../src/channel/transports/stream.ts";

/** What a server's transport has received, and whether all of it came in the same memory. */
interface Far {
  readonly transport: StreamTransport;
  readonly texts: string[];
  readonly memories: Set<ArrayBufferLike>;
  readonly ended: Promise<Error | undefined>;
  told: () => void;
}

async function connected(): Promise<{ server: Server; near: Socket; far: Far }> {
  let accepted: (far: Far) => void = () => {};
  const arriving = new Promise<Far>((resolve) => {
    accepted = resolve;
  });
  const server = createServer({ pauseOnConnect: true }, (plain) => {
    const [socket, reading] = readingSocket(plain);
    expect(reading).toBeDefined();
    const transport = new StreamTransport(socket, "peer", reading);
    const texts: string[] = [];
    const memories = new Set<ArrayBufferLike>();
    const ended = new Promise<Error | undefined>((resolve) => {
      transport.start({
        received(bytes) {
          texts.push(Buffer.from(bytes).toString());
          memories.add(bytes.buffer);
          far.told();
        },
        ended: resolve,
      });
    });
    const far: Far = { transport, texts, memories, ended, told: () => {} };
    accepted(far);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const near = connect((server.address() as AddressInfo).port, "127.0.0.1");
  onTestFinished(() => {
    near.destroy();
    server.close();
  });
  return { server, near, far: await arriving };
}

/** Wait until the far side has received one piece more. */
async function received(far: Far, send: () => void): Promise<void> {
  const told = new Promise<void>((resolve) => {
    far.told = resolve;
  });
  send();
  await told;
}

describe("an accepted socket", () => {
  it("reads everything into one buffer, and answers", async () => {
    const { near, far } = await connected();
    await received(far, () => near.write("one"));
    await received(far, () => near.write("two"));
    expect(far.texts).toEqual(["one", "two"]);
    expect(far.memories.size).toBe(1);
    far.transport.write(Buffer.from("three"));
    const [answer] = (await once(near, "data")) as [Buffer];
    expect(answer.toString()).toBe("three");
  });

  it("reads nothing while it is paused, and all of it afterwards", async () => {
    const { near, far } = await connected();
    await received(far, () => near.write("one"));
    far.transport.pause();
    near.write("two");
    // Another connection's message, which is sent later, arrives: this one has been there by then.
    const other = await connected();
    await received(other.far, () => other.near.write("other"));
    expect(far.texts).toEqual(["one"]);
    await received(far, () => far.transport.resume());
    expect(far.texts).toEqual(["one", "two"]);
  });

  it("is one of the server's until it has ended", async () => {
    const { server, near, far } = await connected();
    const order: string[] = [];
    const closed = new Promise<void>((resolve) => server.close(() => resolve(void order.push("server"))));
    const count = await new Promise<number>((resolve) => server.getConnections((_error, n) => resolve(n)));
    expect(count).toBe(1);
    const ended = far.ended.then((error) => order.push(`connection ${error}`));
    near.end();
    await Promise.all([closed, ended]);
    expect(order.sort()).toEqual(["connection undefined", "server"]);
  });

  it("tells of a connection that breaks", async () => {
    const { near, far } = await connected();
    near.resetAndDestroy();
    expect(await far.ended).toMatchObject({ code: "ECONNRESET" });
  });
});

it("a socket of another make stays as it is", () => {
  const socket = new Socket();
  expect(readingSocket(socket)).toEqual([socket, undefined]);
});
