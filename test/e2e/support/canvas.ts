import type { Locator, Page } from 'playwright';

/** The model's canvas, worked with the mouse. */
export class Canvas {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  get area(): Locator {
    return this.#page.getByRole('application');
  }

  /** A layer's card by the layer's name. */
  card(name: string): Locator {
    return this.#page.locator(`.svelte-flow__node[aria-label^="${name}, "]`);
  }

  get cards(): Locator {
    return this.#page.locator('.svelte-flow__node');
  }

  get edges(): Locator {
    return this.#page.locator('.svelte-flow__edge');
  }

  /** Drags a layer from the palette to a place of the canvas, in fractions of its size. */
  async dragIn(kind: string, across: number, down: number): Promise<void> {
    const layers = this.#page.getByRole('complementary', { name: 'Layers' });
    const box = (await this.area.boundingBox())!;
    await layers.getByRole('button', { name: kind, exact: true }).dragTo(this.area, {
      targetPosition: { x: box.width * across, y: box.height * down },
    });
  }

  /** Draws a connection from one card's lower handle to another's upper one. */
  async connect(from: string, to: string): Promise<void> {
    const start = (await this.card(from).locator('.svelte-flow__handle.source').boundingBox())!;
    const end = (await this.card(to).locator('.svelte-flow__handle.target').boundingBox())!;
    const { mouse } = this.#page;
    await mouse.move(start.x + start.width / 2, start.y + start.height / 2);
    await mouse.down();
    await mouse.move((start.x + end.x) / 2, (start.y + end.y) / 2, { steps: 4 });
    await mouse.move(end.x + end.width / 2, end.y + end.height / 2, { steps: 4 });
    await mouse.up();
  }
}
