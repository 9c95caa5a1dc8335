import type { Helics } from "./binding.ts";

/** CPUs that a mask of Linux may name here. */
const CPUS_MAX = 1024;

/**
 * Let the threads that this one starts from now on run on one CPU, the one that it is on. A grant of time goes through some
 * ten threads of HELICS one after the other; on one CPU a thread hands over without the wake-up of another CPU, which costs
 * more than the work itself. On Linux only; elsewhere, or where it is not allowed, nothing happens.
 */
export function stayOnOneCpu({ system }: Helics): void {
  if (process.platform !== "linux") return;
  try {
    const cpu: number = system("int sched_getcpu()")();
    if (!(cpu >= 0 && cpu < CPUS_MAX)) return;
    const mask = Buffer.alloc(CPUS_MAX / 8);
    // Bit by bit from the lowest address up, on little-endian machines.
    mask[cpu >> 3] = 1 << (cpu & 7);
    system("int sched_setaffinity(int pid, size_t bytes, const void *mask)")(0, mask.length, mask);
  } catch {
    // It is only slower then.
  }
}
