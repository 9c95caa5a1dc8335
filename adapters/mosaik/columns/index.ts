/**
 * Simulators of thousands of alike entities for mosaik: attributes as arrays, and messages that are read and written as
 * numbers alone. See `docs/mosaik.md`, "Thousands of alike entities".
 */
export { type ColumnModel, ColumnSimulator, Columns } from "./column-simulator.ts";
