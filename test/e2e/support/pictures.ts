import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { root } from './paths.ts';

const kept = join(root, 'test', 'e2e', 'pictures');
const received = join(root, 'test-results');
/** Channel difference above which a pixel counts as different. */
const CHANNEL_TOLERANCE = 24;
/** Allowed fraction of different pixels. */
const SHARE = 0.002;

/** With `LAMINA_RENEW_PICTURES`, pictures are written instead of compared. */
export const renews = process.env['LAMINA_RENEW_PICTURES'] !== undefined;

/** Width in pixels of a text in each font of the interface, which identifies the fonts. */
function fontsOf(page: Page): Promise<string> {
  return page.evaluate(() => {
    const context = document.createElement('canvas').getContext('2d')!;
    const style = getComputedStyle(document.documentElement);
    return ['--font', '--font-mono']
      .map((name) => {
        context.font = `100px ${style.getPropertyValue(name)}`;
        return context.measureText('Lamina 0123456789 Wfgjq').width.toFixed(1);
      })
      .join(' ');
  });
}

/** @returns Null if the fonts are those of the kept pictures, or pictures are renewed; else the reason. */
export async function otherFonts(page: Page): Promise<string | null> {
  const file = join(kept, 'fonts.txt');
  const fonts = await fontsOf(page);
  if (renews) {
    mkdirSync(kept, { recursive: true });
    writeFileSync(file, `${fonts}\n`);
    return null;
  }
  if (!existsSync(file)) return 'No pictures are kept; LAMINA_RENEW_PICTURES=1 makes them.';
  const expected = readFileSync(file, 'utf8').trim();
  return fonts === expected
    ? null
    : `The kept pictures were made with other fonts: expected the text widths ${expected}, received ${fonts}.`;
}

/** Late content is on screen after this time, even on a busy machine; a matching picture ends the wait. */
const SETTLED_MS = 20_000;

/**
 * Compares the screen with the kept picture of this name, until they are equal or the screen has settled.
 * @returns Null if equal; else the difference and the path of the new picture.
 */
export async function pictureDifference(page: Page, name: string): Promise<string | null> {
  if (renews) await page.waitForTimeout(3_000);
  const until = Date.now() + SETTLED_MS;
  for (;;) {
    const difference = await differenceNow(page, name);
    if (difference === null || Date.now() > until) return difference;
    await page.waitForTimeout(200);
  }
}

async function differenceNow(page: Page, name: string): Promise<string | null> {
  const screen = await page.screenshot({ animations: 'disabled', caret: 'hide' });
  const picture = await smaller(page, screen);
  const file = join(kept, `${name}.webp`);
  if (renews) {
    writeFileSync(file, picture);
    return null;
  }
  if (!existsSync(file)) return `Expected the picture ${file}; it is not there. LAMINA_RENEW_PICTURES=1 makes it.`;
  const share = await differingShare(page, readFileSync(file), picture);
  if (share <= SHARE) return null;
  mkdirSync(received, { recursive: true });
  const path = join(received, `${name}.webp`);
  writeFileSync(path, picture);
  return (
    `Expected the screen to look like ${file}; ${(share * 100).toFixed(2)} % of its pixels differ, at most ` +
    `${SHARE * 100} % may. Look at ${path}; if it is right, run again with LAMINA_RENEW_PICTURES=1.`
  );
}

/** Fraction of different pixels, computed in the browser; 1 for different sizes. */
function differingShare(page: Page, before: Buffer, after: Buffer): Promise<number> {
  return page.evaluate(
    async ([pictures, tolerance]) => {
      const [a, b] = await Promise.all(
        pictures.map(async (base64) => {
          const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
          const image = await createImageBitmap(new Blob([bytes], { type: 'image/webp' }));
          const context = new OffscreenCanvas(image.width, image.height).getContext('2d')!;
          context.drawImage(image, 0, 0);
          return context.getImageData(0, 0, image.width, image.height);
        }),
      );
      if (a!.width !== b!.width || a!.height !== b!.height) return 1;
      let differing = 0;
      for (let at = 0; at < a!.data.length; at += 4) {
        const others = [0, 1, 2].some(
          (channel) => Math.abs(a!.data[at + channel]! - b!.data[at + channel]!) > tolerance,
        );
        if (others) differing++;
      }
      return differing / (a!.width * a!.height);
    },
    [[before.toString('base64'), after.toString('base64')], CHANNEL_TOLERANCE] as const,
  );
}

/** The same pixels as lossless WebP, half the size of the browser's PNG. */
export async function smaller(page: Page, png: Buffer): Promise<Buffer> {
  const webp = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.width, image.height];
    canvas.getContext('2d')!.drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 1).replace(/^.*,/, '');
  }, png.toString('base64'));
  return Buffer.from(webp, 'base64');
}
