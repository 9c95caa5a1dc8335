import { type ChildProcess, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";

/** How to start the two processes of a peer; the client's command gets the server's address. */
export interface PeerCommands {
  readonly name: string;
  readonly server: readonly string[];
  readonly client: (address: string) => readonly string[];
}

/** What calls have cost. */
export interface Load {
  readonly callsPerS: number;
  /** CPU of the client for each call, in microseconds. */
  readonly clientUs: number;
  /** The same of the server. */
  readonly serverUs: number;
}

/** A child process that answers each line of JSON with one. */
class Lines {
  readonly #child: ChildProcess;
  readonly #input: Interface;
  readonly #answers: AsyncIterator<string>;

  constructor([command, ...args]: readonly string[]) {
    this.#child = spawn(command!, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#input = createInterface({ input: this.#child.stdout! });
    this.#answers = this.#input[Symbol.asyncIterator]();
  }

  async read<T>(): Promise<T> {
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`${this.#child.spawnargs.join(" ")} has ended`);
    return JSON.parse(value) as T;
  }

  ask<T>(question: object): Promise<T> {
    this.#child.stdin!.write(`${JSON.stringify(question)}\n`);
    return this.read<T>();
  }

  end(): void {
    this.#child.stdin!.end();
    this.#child.kill();
  }
}

/** A peer whose server and client are running. */
export class Peer {
  readonly name: string;
  readonly #server: Lines;
  readonly #client: Lines;

  private constructor(name: string, server: Lines, client: Lines) {
    this.name = name;
    this.#server = server;
    this.#client = client;
  }

  static async start({ name, server, client }: PeerCommands): Promise<Peer> {
    const serving = new Lines(server);
    const { address } = await serving.read<{ address: string }>();
    const calling = new Lines(client(address));
    await calling.read();
    return new Peer(name, serving, calling);
  }

  async call(calls: number, width: number): Promise<Load> {
    const before = await this.#server.ask<{ cpuUs: number }>({});
    const { wallMs, cpuUs } = await this.#client.ask<{ wallMs: number; cpuUs: number }>({ calls, width });
    const after = await this.#server.ask<{ cpuUs: number }>({});
    return {
      callsPerS: (calls / wallMs) * 1000,
      clientUs: cpuUs / calls,
      serverUs: (after.cpuUs - before.cpuUs) / calls,
    };
  }

  end(): void {
    this.#client.end();
    this.#server.end();
  }
}
