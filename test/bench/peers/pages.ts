/** The pages of `npm run bench -- page`, in a process of their own: arguments are the page's address and a `PageCase`. */
import { once } from "node:events";
import { WebSocket } from "ws";

/** How many pages read all, nothing, or a little now and then. */
export interface PageCase {
  readonly pages: number;
  readonly stalled: number;
  readonly slow: number;
}

/** Each asks for what a view asks for, five times a second. */
async function pages(url: string, { pages: fast, stalled, slow }: PageCase): Promise<void> {
  const { host, hash } = new URL(url);
  const token = new URLSearchParams(hash.slice(1)).get("t");
  const questions = [
    { ask: "agents", limit: 100 },
    { ask: "events", from: 0, to: 1e15, limit: 120, last: true },
    { ask: "pairs", from: 0, to: 1e15 },
    { ask: "state" },
  ];
  for (let i = 0; i < fast + stalled + slow; i++) {
    const socket = new WebSocket(`ws://${host}/feed?t=${token}`, { origin: `http://${host}` });
    await once(socket, "open");
    let n = 0;
    if (i >= fast) socket.pause();
    if (i >= fast + stalled) {
      setInterval(() => {
        socket.resume();
        setTimeout(() => socket.pause(), 20);
      }, 1000);
    }
    setInterval(() => socket.send(JSON.stringify({ ...questions[i % questions.length], n: n++ })), 200);
  }
  process.send!("open");
}

await pages(process.argv[2]!, JSON.parse(process.argv[3]!) as PageCase);
