/** VitePress's own theme without its fonts, in the colours of the page that shows a run (adapters/dashboard/page/page.css). */
import type { Theme } from "vitepress";
import DefaultTheme from "vitepress/theme-without-fonts";
import Home from "./Home.vue";
import RunBlock from "./RunBlock.vue";
import "./style.css";

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component("Home", Home);
    app.component("RunBlock", RunBlock);
  },
} satisfies Theme;
