/** Wall time that a simulator gets to end a call, and to finalise, once mosaik has said stop or is gone. */
export const GRACE_MS = 5000;

/**
 * Wait for `work`, at most {@link GRACE_MS}: nobody is left to end a process whose mosaik is gone.
 *
 * @returns Whether it has ended in time. Rejected if `work` is.
 */
export async function withinGrace(work: void | Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), GRACE_MS);
  });
  try {
    return await Promise.race([Promise.resolve(work).then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
