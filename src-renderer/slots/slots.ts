import { getContext, setContext } from 'svelte';
import type { MenuSubject } from '../state/editor-store.svelte.ts';
import type { Feature, MenuSection } from './feature.ts';

/** What all features together put into each slot. */
export interface Slots extends Required<Omit<Feature, 'canvasMenus'>> {
  readonly canvasMenus: Readonly<Record<MenuSubject, readonly MenuSection[]>>;
}

/** Screens and panels by `order`; everything else in the order of the features. */
export function slotsOf(features: readonly Feature[]): Slots {
  const all = <Part>(partsOf: (feature: Feature) => readonly Part[] | undefined): Part[] =>
    features.flatMap((feature) => partsOf(feature) ?? []);
  const menu = (subject: MenuSubject) => all(({ canvasMenus }) => canvasMenus?.[subject]);
  return {
    screens: all(({ screens }) => screens).sort((a, b) => a.order - b.order),
    panels: all(({ panels }) => panels).sort((a, b) => a.order - b.order),
    commands: all(({ commands }) => commands),
    dropTargets: all(({ dropTargets }) => dropTargets),
    dialogs: all(({ dialogs }) => dialogs),
    canvasMenus: {
      layers: menu('layers'),
      group: menu('group'),
      note: menu('note'),
      connection: menu('connection'),
      canvas: menu('canvas'),
    },
    canvasTools: all(({ canvasTools }) => canvasTools),
    cardBadges: all(({ cardBadges }) => cardBadges),
    curveMarks: all(({ curveMarks }) => curveMarks),
    runModel: all(({ runModel }) => runModel),
  };
}

const KEY = Symbol('slots');

export function provideSlots(slots: Slots): void {
  setContext(KEY, slots);
}

export function useSlots(): Slots {
  return getContext<Slots>(KEY);
}
