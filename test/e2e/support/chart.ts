import type { Locator, Page } from 'playwright';

/** A curve on screen, read through its keyboard crosshair. */
export class CurveReader {
  readonly #page: Page;
  readonly #canvas: Locator;
  readonly #values: Locator;

  constructor(page: Page, metric: string) {
    this.#page = page;
    const section = page.getByRole('region', { name: `Curve of ${metric}` });
    this.#canvas = section.getByRole('img', { name: new RegExp(`^${metric} over epochs`, 'i') });
    this.#values = section.getByRole('status');
  }

  /** Last step and values of the curve; null before its first point. */
  async end(): Promise<{ step: number; text: string } | null> {
    if ((await this.#canvas.count()) === 0) return null;
    await this.#canvas.focus();
    await this.#canvas.press('Escape');
    await this.#canvas.press('ArrowRight');
    const text = (await this.#values.count()) === 0 ? '' : await this.#values.innerText();
    const step = /step ([\d,]+)/.exec(text)?.[1];
    return step === undefined ? null : { step: Number(step.replaceAll(',', '')), text };
  }

  /** The last step once no more points arrive; points of an ended run may be delayed. */
  async lastStep(): Promise<number> {
    let last = -1;
    for (;;) {
      const now = (await this.end())?.step ?? -1;
      if (now >= 0 && now === last) return now;
      last = now;
      await this.#page.waitForTimeout(1_000);
    }
  }
}
