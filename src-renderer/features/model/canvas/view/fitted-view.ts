/** A resize has ended when none came for so long. */
const REST_MS = 60;

/**
 * The view that shows all of the graph, kept so while the canvas changes its size, until the
 * person moves it.
 */
export class FittedView {
  readonly #fit: () => void;
  #isFitted = true;

  /** @param fit Shows all of the graph. */
  constructor(fit: () => void) {
    this.#fit = fit;
  }

  /** The view shows all of the graph now. */
  enter(): void {
    this.#isFitted = true;
  }

  /** The person looks at something else. */
  leave(): void {
    this.#isFitted = false;
  }

  /** Fits again when the element's size changes. @returns A function that ends this. */
  watch(element: Element): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isFirst = true;
    const observer = new ResizeObserver(() => {
      clearTimeout(timer);
      // The size that it begins with is reported too.
      if (!isFirst && this.#isFitted) timer = setTimeout(() => this.#isFitted && this.#fit(), REST_MS);
      isFirst = false;
    });
    observer.observe(element);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
    };
  }
}
