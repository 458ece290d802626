import type { Locator, Page } from 'playwright';
import { expect } from 'vitest';
import type { Studio } from './studio.ts';

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The model canvas, operated by mouse. */
export class Canvas {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  get area(): Locator {
    return this.#page.getByRole('application');
  }

  /** The card of a layer, by its name. */
  card(name: string): Locator {
    return this.#page.locator(`.svelte-flow__node[aria-label^="${name}, "]`);
  }

  get cards(): Locator {
    return this.#page.locator('.svelte-flow__node');
  }

  get edges(): Locator {
    return this.#page.locator('.svelte-flow__edge');
  }

  /** A connection, by the names of its layers. */
  edge(from: string, to: string): Locator {
    return this.#page.getByRole('group', { name: `Connection from ${from} to ${to}` });
  }

  /** Clicks the center of a connection. */
  async clickEdge(from: string, to: string): Promise<void> {
    const [start, end] = await this.#ends(from, to);
    await this.#page.mouse.click((start.x + end.x) / 2, (start.y + end.y) / 2);
  }

  /** Drags a layer from the palette to a position on the canvas, in fractions of its size. */
  async dragIn(kind: string, across: number, down: number): Promise<void> {
    const layers = this.#page.getByRole('complementary', { name: 'Layers' });
    const box = (await this.area.boundingBox())!;
    await layers.getByRole('button', { name: kind, exact: true }).dragTo(this.area, {
      targetPosition: { x: box.width * across, y: box.height * down },
    });
  }

  /**
   * Searches for a layer in the palette, drags it to a position and waits for its card.
   *
   * @param name Expected name of the new layer.
   */
  async add(kind: string, name: string, across: number, down: number): Promise<void> {
    await this.#page.getByRole('searchbox', { name: 'Search layers' }).fill(kind);
    await this.dragIn(kind, across, down);
    await this.card(name).waitFor();
  }

  /** Draws a connection from the lower handle of one card to the upper one of another. */
  async connect(from: string, to: string, port?: string): Promise<void> {
    await this.drag(...(await this.#ends(from, to, port)));
  }

  async drag(start: Point, end: Point): Promise<void> {
    const { mouse } = this.#page;
    await mouse.move(start.x, start.y);
    await mouse.down();
    await mouse.move((start.x + end.x) / 2, (start.y + end.y) / 2, { steps: 4 });
    await mouse.move(end.x, end.y, { steps: 4 });
    await mouse.up();
  }

  /** Center of the handle for a named input. */
  input(name: string, port: string): Promise<Point> {
    return middleOf(this.card(name).locator(`.svelte-flow__handle.target[data-handleid="${port}"]`));
  }

  /** Centers of the handles that a connection joins. */
  #ends(from: string, to: string, port?: string): Promise<[Point, Point]> {
    return Promise.all([
      middleOf(this.card(from).locator('.svelte-flow__handle.source')),
      port === undefined ? middleOf(this.card(to).locator('.svelte-flow__handle.target')) : this.input(to, port),
    ]);
  }
}

/** Begins an empty model on the Model screen, without the drawer, which covers part of the canvas. */
export async function emptyCanvas(studio: Studio): Promise<Canvas> {
  const canvas = new Canvas(studio.page);
  await studio.button('Close the drawer').click();
  await studio.button('Templates').click();
  await studio.dialog.getByRole('button', { name: 'Empty canvas' }).click();
  await expect.poll(() => canvas.cards.count()).toBe(0);
  return canvas;
}

async function middleOf(locator: Locator): Promise<Point> {
  await locator.waitFor();
  const { x, y, width, height } = (await locator.boundingBox())!;
  return { x: x + width / 2, y: y + height / 2 };
}
