import { getContext, setContext } from 'svelte';
import type { Component } from 'svelte';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { RunSummary } from '../../src-shared/training/run/run.ts';

/** Places that one feature of the window offers and another fills, so that neither imports the other. */
export interface Slots {
  /** Below the facts of a run's model. */
  readonly runModel: readonly Component<{ run: RunSummary; model: ModelDocument }>[];
}

const KEY = Symbol('slots');

/** The workbench says once what fills the slots. */
export function provideSlots(slots: Slots): void {
  setContext(KEY, slots);
}

export function useSlots(): Slots {
  return getContext<Slots>(KEY);
}
