/** Waits for ever while it loads, as a program does that makes a population of itself at its top level. */
await new Promise(() => {});

export {};
