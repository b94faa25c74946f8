import { useData } from "vitepress";
import { defineComponent, h, onMounted, ref, useId, watch } from "vue";

/**
 * A diagram in Mermaid's language, which GitHub draws by itself. It is drawn in the browser, since its text has to be measured; until
 * then, and without JavaScript, its source is shown. A phone scrolls it, since its text would be too small.
 */
export const MermaidDiagram = defineComponent({
  props: { source: { type: String, required: true } },
  setup(props) {
    const { isDark } = useData();
    const id = useId().replaceAll(/\W/g, "");
    const drawing = ref("");
    const draw = async (): Promise<void> => {
      const { default: mermaid } = await import("mermaid");
      mermaid.initialize({ startOnLoad: false, theme: isDark.value ? "dark" : "default" });
      drawing.value = (await mermaid.render(`diagram${id}`, props.source)).svg;
    };
    onMounted(draw);
    watch(isDark, draw);
    return () =>
      drawing.value === ""
        ? h("pre", props.source)
        : h("div", { style: "overflow-x: auto" }, h("div", { style: "min-width: 40rem", innerHTML: drawing.value }));
  },
});
