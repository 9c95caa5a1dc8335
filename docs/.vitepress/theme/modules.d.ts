/** What vite compiles and TypeScript does not read. */
declare module "*.vue" {
  import type { Component } from "vue";

  const component: Component;
  export default component;
}
declare module "*.css";
