import { createSubscriber } from 'svelte/reactivity';
import { SERIES_COLOURS } from './run-colours.ts';

/** Colours and faces of the tokens, resolved for a canvas. */
export interface Palette {
  readonly text: string;
  readonly muted: string;
  readonly faint: string;
  readonly line: string;
  readonly lineStrong: string;
  readonly surface: string;
  readonly accent: string;
  readonly good: string;
  readonly ice: string;
  readonly font: string;
  /** `series[0]` is --series-1. */
  readonly series: readonly string[];
}

const subscribe = createSubscriber((update) => {
  const root = new MutationObserver(update);
  root.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'class', 'style'] });
  const scheme = window.matchMedia('(prefers-color-scheme: dark)');
  scheme.addEventListener('change', update);
  return () => {
    root.disconnect();
    scheme.removeEventListener('change', update);
  };
});

/** The palette of the current theme; read inside an effect it runs again when the theme changes. */
export function readPalette(): Palette {
  subscribe();
  const probe = document.createElement('span');
  probe.style.display = 'none';
  document.body.append(probe);
  const colour = (token: string): string => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const palette: Palette = {
    text: colour('--text'),
    muted: colour('--text-muted'),
    faint: colour('--text-faint'),
    line: colour('--line'),
    lineStrong: colour('--line-strong'),
    surface: colour('--surface'),
    accent: colour('--accent'),
    good: colour('--good'),
    ice: colour('--ice'),
    font: getComputedStyle(document.body).fontFamily,
    series: Array.from({ length: SERIES_COLOURS }, (_, index) => colour(`--series-${index + 1}`)),
  };
  probe.remove();
  return palette;
}

/** 'rgb(0, 114, 178)' and 0.5 → 'rgba(0, 114, 178, 0.5)'. */
export function withAlpha(colour: string, alpha: number): string {
  const numbers = colour.match(/[\d.]+/g);
  if (numbers === null || numbers.length < 3) return colour;
  return `rgba(${numbers.slice(0, 3).join(', ')}, ${alpha})`;
}
