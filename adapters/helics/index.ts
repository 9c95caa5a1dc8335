export { HelicsError } from "./errors.ts";
