/** `node --import measured.mjs …` writes what the process has cost to the file MEASURED: CPU in us and its highest memory in KiB. */
import { writeFileSync } from "node:fs";

process.on("exit", () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  writeFileSync(process.env.MEASURED, JSON.stringify({ cpuUs: userCPUTime + systemCPUTime, memoryKiB: maxRSS }));
});
