import { createServer, type Server } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { ChannelError } from "../../../src/index.ts";
import { allowedHosts } from "./security.ts";
import type { WatchedRun } from "./watched-run.ts";

/** A metric: name, kind, help, and its samples as label text and value. */
type Metric = readonly [
  name: string,
  kind: "counter" | "gauge",
  help: string,
  samples: readonly (readonly [string, number])[],
];

/** The metrics of a run in Prometheus' text format. Source: Prometheus, exposition formats, 0.0.4. */
export function metricsText(run: WatchedRun, loopDelayS: number): string {
  const { state } = run.view;
  const frame = run.frame();
  const { heapUsed, rss } = process.memoryUsage();
  const kinds = Object.entries(state.kinds).sort(([a], [b]) => (a < b ? -1 : 1));
  const phases = ["starting", "running", "paused", "waiting", "ended", "failed"];
  const metrics: Metric[] = [
    [
      "cosimas_time_seconds",
      "gauge",
      "Simulation time since the start.",
      [["", frame.ticks / run.info().ticksPerSecond]],
    ],
    ["cosimas_ticks_total", "counter", "Distinct simulation times so far.", [["", frame.steps]]],
    [
      "cosimas_events_total",
      "counter",
      "Events so far, by kind.",
      kinds.map(([kind, count]) => [`{kind="${kind}"}`, count]),
    ],
    ["cosimas_messages_total", "counter", "Messages delivered so far.", [["", frame.messages]]],
    ["cosimas_agents", "gauge", "Agents that are alive.", [["", frame.agents]]],
    ["cosimas_faults_total", "counter", "Faults of agents so far.", [["", frame.faults]]],
    [
      "cosimas_waiting_seconds",
      "gauge",
      "Wall time since the master was answered, while it is waited for.",
      [["", frame.waitingMs / 1000]],
    ],
    [
      "cosimas_lag_seconds",
      "gauge",
      "By how much a run in real time is behind the wall's clock.",
      [["", Math.max(0, frame.lagS)]],
    ],
    [
      "cosimas_phase",
      "gauge",
      "1 for the state that the run is in.",
      phases.map((phase) => [`{phase="${phase}"}`, Number(phase === frame.phase)]),
    ],
    ["cosimas_event_loop_delay_seconds", "gauge", "99th percentile of the event loop's delay.", [["", loopDelayS]]],
    ["cosimas_heap_bytes", "gauge", "Bytes of JavaScript's heap in use.", [["", heapUsed]]],
    ["cosimas_resident_bytes", "gauge", "Bytes of the process in memory.", [["", rss]]],
  ];
  const text = metrics.map(([name, kind, help, samples]) => {
    const lines = samples.map(([labels, value]) => `${name}${labels} ${value}`);
    return [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...lines].join("\n");
  });
  return `${text.join("\n")}\n`;
}

/**
 * Serve the metrics of a run at `/metrics` of 127.0.0.1, for a Prometheus on this machine.
 *
 * @throws ChannelError `ERR_CHANNEL_CONNECT` if the port is taken.
 */
export async function serveMetrics(
  run: WatchedRun,
  port: number,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const delay = monitorEventLoopDelay();
  delay.enable();
  const server: Server = createServer((request, response) => {
    const { port } = server.address() as { port: number };
    const isAllowed = allowedHosts("127.0.0.1", port, []).has(request.headers.host ?? "");
    const status = !isAllowed ? 403 : request.url === "/metrics" && request.method === "GET" ? 200 : 404;
    response.writeHead(status, {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
      "cache-control": "no-store",
    });
    response.end(status === 200 ? metricsText(run, delay.percentile(99) / 1e9) : "");
  });
  server.maxConnections = 32;
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      reject(
        new ChannelError("ERR_CHANNEL_CONNECT", `metrics cannot be served at port ${port}: ${cause.message}`, {
          cause,
        }),
      );
    });
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as { port: number }).port,
    close: async () => {
      delay.disable();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
