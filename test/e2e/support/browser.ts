import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { root } from './paths.ts';

/** The Chromium that `npm test` found; these tests need one. */
export const chromiumPath = process.env['LAMINA_CHROMIUM'];

const SIZE = { width: 1280, height: 800 };
/** Limit for hangs only. */
const PATIENCE_MS = 60_000;
let browser: Browser | null = null;

/** One browser for all tests of a file. */
export function useBrowser(): void {
  beforeAll(async () => {
    if (chromiumPath === undefined)
      throw new Error('LAMINA_CHROMIUM is not set: run `npm test`, which finds a browser.');
    browser = await chromium.launch({
      executablePath: chromiumPath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
    });
  });
  afterAll(async () => {
    await browser?.close();
    browser = null;
  });
}

/**
 * A browser context with separate storage, closed after the test. If the test fails, screenshots of its pages are
 * written to test-results/.
 */
export async function openContext(
  colorScheme: 'light' | 'dark' = 'light',
  size = SIZE,
  locale = 'en-US',
): Promise<BrowserContext> {
  if (browser === null) throw new Error('Call useBrowser() at the top of the file.');
  const context = await browser.newContext({
    viewport: size,
    colorScheme,
    reducedMotion: 'reduce',
    locale,
    timezoneId: 'UTC',
  });
  context.setDefaultTimeout(PATIENCE_MS);
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') await photograph(context, task.name);
    await context.close();
  });
  return context;
}

async function photograph(context: BrowserContext, testName: string): Promise<void> {
  const folder = join(root, 'test-results');
  mkdirSync(folder, { recursive: true });
  const name = testName.replace(/[^\w]+/g, '-').slice(0, 80);
  for (const [index, page] of context.pages().entries()) {
    // A failed screenshot must not replace the original failure.
    await page.screenshot({ path: join(folder, `${name}-${index + 1}.png`) }).catch(() => {});
  }
}

/** Uncaught exceptions and console errors of a page, except those of a closed host. */
export function collectErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error.stack ?? error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/WebSocket|ERR_CONNECTION/.test(message.text())) errors.push(message.text());
  });
  return errors;
}
