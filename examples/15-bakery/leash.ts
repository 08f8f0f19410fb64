/** Loaded into each process beside its service: ends it when `main.ts` is gone, however that came about. */
process.stdin.on("end", () => process.exit(1)).resume();
// Nothing to stay for.
(process.stdin as NodeJS.ReadStream & { unref(): void }).unref();
