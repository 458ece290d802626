import type { BrowserContext, Locator, Page } from 'playwright';
import { collectErrors } from './browser.ts';
import type { Host } from './host.ts';

export const steps = ['Data', 'Model', 'Train', 'Runs', 'Evaluate'] as const;
export type StepName = (typeof steps)[number];

/** Lamina's window as a person meets it: what can be seen and pressed, by its name. */
export class Studio {
  readonly page: Page;
  /** Exceptions and console errors so far. */
  readonly errors: string[];

  constructor(page: Page, errors: string[]) {
    this.page = page;
    this.errors = errors;
  }

  /** Opens a window; the first of a context by the host's link, further ones by the key that it got. */
  static async open(context: BrowserContext, host: Host): Promise<Studio> {
    const page = await context.newPage();
    const studio = new Studio(page, collectErrors(page));
    await page.goto(context.pages().length === 1 ? host.link : new URL(host.link).origin);
    await studio.ready();
    return studio;
  }

  /** Opens a window of another host in a browser that has windows already. */
  static async openBeside(context: BrowserContext, host: Host): Promise<Studio> {
    const page = await context.newPage();
    const studio = new Studio(page, collectErrors(page));
    await page.goto(host.link);
    await studio.ready();
    return studio;
  }

  /** The workbench is there and the engines are known. */
  async ready(): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Steps of the work' }).waitFor();
    await this.page.getByRole('note', { name: /Engine: (TensorFlow|ONNX Runtime)/ }).waitFor();
  }

  async goTo(step: StepName): Promise<void> {
    const button = this.page.getByRole('navigation', { name: 'Steps of the work' }).getByRole('button', { name: step });
    await button.click();
  }

  /** Goes to a screen of the spirals after a run, and waits for what comes last there. */
  async goToFilled(step: StepName): Promise<void> {
    await this.goTo(step);
    if (step === 'Data') await this.page.getByRole('heading', { name: 'First rows' }).waitFor();
    if (step === 'Runs') await this.page.getByRole('rowheader', { name: /hidden_1\/kernel/ }).waitFor();
    if (step === 'Evaluate') await this.page.getByText('Predicted class').waitFor();
  }

  /** The bar at the top, where Train and Stop are on every screen. */
  get top(): Locator {
    return this.page.getByRole('banner');
  }

  /** The bar at the bottom: the run, the save state, counts. */
  get statusBar(): Locator {
    return this.page.getByRole('contentinfo');
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  /** Waits until everything edited is on the disk. */
  async saved(): Promise<void> {
    await this.statusBar.getByText('Saved', { exact: true }).waitFor();
  }

  /** Waits until training may start, then presses Train in the bar. */
  async train(): Promise<void> {
    const button = this.top.getByRole('button', { name: 'Train', exact: true });
    await button.and(this.page.locator(':not([aria-disabled])')).click();
  }

  /** Waits until the status bar says how a run ended. */
  async ended(number: number, state: string): Promise<void> {
    await this.statusBar.getByText(`Run ${number} ${state}`).waitFor({ timeout: 200_000 });
  }

  /** Types a value into a field of the configuration or the inspector, and leaves it. */
  async fill(label: string, value: string): Promise<void> {
    const field = this.field(label);
    await field.fill(value);
    await field.blur();
  }

  /** A field by its label; a value that nobody set says so in its label. */
  field(label: string): Locator {
    return this.page.getByLabel(new RegExp(`^\\s*${label}\\s*(default)?\\s*$`));
  }

  /** Chooses data by its path in the file dialog of the Data screen. */
  async openData(path: string): Promise<void> {
    await this.goTo('Data');
    await this.button(/^Choose (other )?data$/)
      .first()
      .click();
    const typed = this.dialog.getByRole('textbox', { name: /^Path/ });
    await typed.fill(path);
    await typed.press('Enter');
  }
}
