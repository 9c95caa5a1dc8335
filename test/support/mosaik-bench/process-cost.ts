import { writeFileSync } from "node:fs";

/** What a simulator's process has used, all its threads together; written by both languages. */
export interface ProcessCost {
  readonly steps: number;
  /** CPU seconds from `init` to `setupDone`. */
  readonly setupS: number;
  /** CPU seconds from `setupDone` to the end. */
  readonly stepsS: number;
}

/** Measures the CPU time of the process that it is in; start-up is not counted. */
export class CostMeter {
  readonly #initS = cpuS();
  #setupDoneS = 0;
  #steps = 0;

  setupDone(): void {
    this.#setupDoneS = cpuS();
  }

  step(): void {
    this.#steps++;
  }

  /** Write to the file that the environment names. @param steps - Default: those that were told. */
  write(steps = this.#steps): void {
    const cost: ProcessCost = {
      steps,
      setupS: this.#setupDoneS - this.#initS,
      stepsS: cpuS() - this.#setupDoneS,
    };
    writeFileSync(process.env["COSIMAS_BENCH_COST"]!, JSON.stringify(cost));
  }
}

function cpuS(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
