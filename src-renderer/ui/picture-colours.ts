import { darkColours, lightColours, type PictureColours } from '../../src-shared/picture/colours.ts';

/** The colours of a picture that belong to the window's present theme. */
export function pictureColours(): PictureColours {
  const chosen = document.documentElement.dataset['theme'];
  const dark = chosen === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : chosen === 'dark';
  return dark ? darkColours : lightColours;
}
