import { MediaQuery } from 'svelte/reactivity';
import { darkColours, lightColours, type PictureColours } from '../../../../src-shared/canvas/picture/colours.ts';
import type { Theme } from '../../../state/layout-store.svelte.ts';

const systemIsDark = new MediaQuery('prefers-color-scheme: dark');

/** The colours of a picture that belong to the window's present theme; follows the system where that does. */
export function pictureColours(theme: Theme): PictureColours {
  const dark = theme === 'system' ? systemIsDark.current : theme === 'dark';
  return dark ? darkColours : lightColours;
}
