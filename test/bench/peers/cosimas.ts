import { connect, serve } from "../../../src/rpc/index.ts";
import { calling, offer, serving } from "./load.mjs";

class Battery {
  static readonly exposed = ["offer"] as const;
  offer(kw: number): number {
    return offer(kw);
  }
}

/** `cosimas.ts server ADDRESS` or `cosimas.ts client ADDRESS`: everything on, as a user has it. */
const [role, address = ""] = process.argv.slice(2);
if (role === "server") await serving((await serve(address, new Battery())).address);
else {
  const { remote } = await connect<typeof Battery>(address);
  await calling((kw) => remote.offer(kw));
}
