import { writeSync } from "node:fs";
import { listen } from "../../src/channel/index.ts";

const [address = "", options = "{}"] = process.argv.slice(2);

const listener = await listen(
  address,
  (channel) => {
    channel.serve((request) => {
      const { content } = request;
      if (content === "never") return;
      if (content === "memory") return request.reply(process.memoryUsage().rss);
      if (typeof content === "object" && content !== null && "busyMs" in content) {
        const endMs = performance.now() + (content.busyMs as number);
        while (performance.now() < endMs);
      }
      request.reply(content);
    });
  },
  JSON.parse(options),
);
writeSync(1, `${listener.address}\n`);
