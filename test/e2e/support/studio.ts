import type { BrowserContext, Locator, Page } from 'playwright';
import { collectErrors, openContext } from './browser.ts';
import { startHost } from './host.ts';
import type { Host } from './host.ts';
import { newFolders } from './project.ts';
import type { Folders } from './project.ts';

export const steps = ['Data', 'Model', 'Train', 'Runs', 'Evaluate'] as const;
export type StepName = (typeof steps)[number];

/** Lamina's window, operated by roles and accessible names. */
export class Studio {
  readonly page: Page;
  /** Uncaught exceptions and console errors so far. */
  readonly errors: string[];

  constructor(page: Page, errors: string[]) {
    this.page = page;
    this.errors = errors;
  }

  /** Opens a window: the first of a context by the host's link, further ones by the session key. */
  static async open(context: BrowserContext, host: Host): Promise<Studio> {
    const page = await context.newPage();
    const studio = new Studio(page, collectErrors(page));
    await page.goto(context.pages().length === 1 ? host.link : new URL(host.link).origin);
    await studio.ready();
    return studio;
  }

  /** Opens a window of another host in a browser that already has windows. */
  static async openByLink(context: BrowserContext, host: Host): Promise<Studio> {
    const page = await context.newPage();
    const studio = new Studio(page, collectErrors(page));
    await page.goto(host.link);
    await studio.ready();
    return studio;
  }

  /** Waits until the workbench is shown and the engines are known. */
  async ready(): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Steps of the work' }).waitFor();
    await this.page.getByRole('note', { name: /Engine: (TensorFlow|ONNX Runtime)/ }).waitFor();
  }

  async goTo(step: StepName): Promise<void> {
    const button = this.page.getByRole('navigation', { name: 'Steps of the work' }).getByRole('button', { name: step });
    await button.click();
  }

  /** Opens a screen of the spirals example after a run, and waits for its last content. */
  async goToFilled(step: StepName): Promise<void> {
    await this.goTo(step);
    if (step === 'Data') await this.page.getByRole('heading', { name: 'First rows' }).waitFor();
    if (step === 'Runs') await this.page.getByRole('rowheader', { name: /hidden_1\/kernel/ }).waitFor();
    if (step === 'Evaluate') await this.page.getByText('Predicted class').waitFor();
  }

  /** The bar at the top, with Train and Stop on every screen. */
  get top(): Locator {
    return this.page.getByRole('banner');
  }

  /** The bar at the bottom: run, save state, counts. */
  get statusBar(): Locator {
    return this.page.getByRole('contentinfo');
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  /** Waits until all edits are saved. */
  async saved(): Promise<void> {
    await this.statusBar.getByText('Saved', { exact: true }).waitFor();
  }

  /** Waits until Train is enabled, then presses it in the bar. */
  async train(): Promise<void> {
    const button = this.top.getByRole('button', { name: 'Train', exact: true });
    await button.and(this.page.locator(':not([aria-disabled])')).click();
  }

  /** Trains on the Train screen to the end. */
  async trainFor(epochs: number, run = 1): Promise<void> {
    await this.goTo('Train');
    await this.fill('Epochs', String(epochs));
    await this.train();
    await this.ended(run, 'completed');
  }

  /** Begins a model with a template of the dialog. */
  async newModel(template: string): Promise<void> {
    await this.page.keyboard.press('Shift+N');
    await this.dialog.getByRole('button', { name: new RegExp(`^${template}`) }).click();
    await this.dialog.waitFor({ state: 'detached' });
  }

  /** Waits until the status bar shows the final state of a run. */
  async ended(number: number, state: string): Promise<void> {
    await this.statusBar.getByText(`Run ${number} ${state}`).waitFor({ timeout: 200_000 });
  }

  /** Types once a field has the focus: a menu or a palette that was just opened takes it in a later frame. */
  async type(text: string): Promise<void> {
    await this.page.locator('input:focus, textarea:focus').waitFor();
    await this.page.keyboard.type(text);
  }

  /** Fills a field of the configuration or the inspector, and leaves it. */
  async fill(label: string, value: string): Promise<void> {
    const field = this.field(label);
    await field.fill(value);
    await field.blur();
  }

  /** A field by its label, which also says if the value is a default. */
  field(label: string): Locator {
    return this.page.getByLabel(new RegExp(`^\\s*${label}\\s*(default)?\\s*$`));
  }

  /** Runs a command by the palette. */
  async command(title: string): Promise<void> {
    await this.page.keyboard.press('Control+k');
    await this.dialog.getByRole('combobox').fill(title);
    await this.page.keyboard.press('Enter');
  }

  /** Chooses a model file of the project's folder to open it with its weights. */
  async openModelFile(name: RegExp, turnOn?: string): Promise<void> {
    await this.command('Open a model with its weights');
    if (turnOn !== undefined) await this.dialog.getByRole('switch', { name: turnOn }).click();
    await this.dialog.getByRole('option', { name }).click();
    await this.dialog.getByRole('button', { name: 'Open this file' }).click();
  }

  /** Chooses data by its path in the file dialog of the Data screen. */
  async openData(path: string): Promise<void> {
    await this.goTo('Data');
    await this.button(/^Choose (other )?data$/)
      .first()
      .click();
    await (await this.typePath(path)).press('Enter');
  }

  /** Types a path in the file dialog. The first listing fills the field; a text that arrives at the same time would be joined with it. */
  async typePath(path: string): Promise<Locator> {
    await this.dialog.locator('[aria-current="location"]').waitFor();
    const typed = this.dialog.getByRole('textbox', { name: /^Path/ });
    await typed.fill(path);
    return typed;
  }

  /** Chooses a folder as data in the file dialog of the Data screen. */
  async openDataFolder(path: string): Promise<void> {
    await this.openData(path);
    await this.dialog.getByRole('button', { name: 'Use this folder' }).click();
  }
}

/**
 * Starts Lamina with a copy of an example project and opens its window in a new browser context.
 *
 * @param context Arguments of `openContext`.
 */
export async function openExample(
  example: NonNullable<Parameters<typeof newFolders>[0]>,
  ...context: Parameters<typeof openContext>
): Promise<{ folders: Folders; host: Host; studio: Studio; page: Page }> {
  const folders = newFolders(example);
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(...context), host);
  return { folders, host, studio, page: studio.page };
}
