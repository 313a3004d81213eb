/** Elements without a shadow: one style sheet for the page, and labels that reach across elements. */
import { LitElement } from 'lit';
import type { InspectorModel, Topic } from './model';

export abstract class PageElement extends LitElement {
  static override properties: Record<string, { attribute: boolean }> = {
    model: { attribute: false },
  };
  model!: InspectorModel;
  /** What makes this element render again. */
  protected readonly topics: readonly Topic[] = [];
  private unwatch: (() => void)[] = [];

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.unwatch = this.topics.map((topic) => this.model.watch(topic, () => this.requestUpdate()));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.unwatch.forEach((stop) => stop());
    this.unwatch = [];
  }
}

/** Defines an element once; its class is registered where it is written. */
export function define(tag: string, element: CustomElementConstructor): void {
  if (!customElements.get(tag)) {
    customElements.define(tag, element);
  }
}
