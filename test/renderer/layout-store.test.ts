import { expect, test, vi } from 'vitest';
import { LayoutStore } from '../../src-renderer/state/layout-store.svelte.ts';
import type { Preferences } from '../../src-shared/contract/contract.ts';

test('canvas options and panel state are saved in the preferences', () => {
  vi.useFakeTimers();
  let kept: Pick<Preferences, 'theme' | 'layout'> = { theme: 'system', layout: {} };
  const first = new LayoutStore(kept, (changed) => (kept = changed));
  expect(first.canvas).toEqual({ minimap: false, snap: true });
  first.set('minimap', true);
  first.set('snap', false);
  vi.advanceTimersByTime(1);
  expect(kept.layout).toMatchObject({ 'canvas.minimap': true, 'canvas.snap': false });
  expect(new LayoutStore(kept, () => {}).canvas).toEqual({ minimap: true, snap: false });

  first.toggle('right', false);
  vi.advanceTimersByTime(1);
  expect(kept.layout['right.open']).toBe(false);
  vi.useRealTimers();
});
