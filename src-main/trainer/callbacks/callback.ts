import type { EndedBy } from '../../../src-shared/training/run/run.ts';

export interface CallContext {
  readonly at: 'call';
  /** Of each step of the engine call. */
  readonly losses: readonly number[];
}

export interface EpochContext {
  readonly at: 'epoch';
  /** 1-based. */
  readonly epoch: number;
  /** All of the epoch, also those that are NaN or infinite. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** An effect that a callback requests. */
export type Effect =
  /** The run fails, because a loss is not finite. `step`: its index in the engine call. */
  | { readonly kind: 'fail'; readonly metric: string; readonly value: number; readonly step: number }
  /** The weights of this epoch become the best checkpoint. */
  | { readonly kind: 'best' }
  /** The run is completed with this epoch. */
  | { readonly kind: 'end'; readonly by: EndedBy };

interface Answer<State> {
  readonly state: State;
  readonly effects?: readonly Effect[];
}

/**
 * Watches the training: at the end of each epoch, or also after each engine call. It keeps nothing but its state,
 * which each checkpoint holds in its position, so that a resumed run continues with it.
 */
export type Callback<State> =
  | { readonly every: 'epoch'; on(context: EpochContext, state: State): Answer<State> }
  | { readonly every: 'call'; on(context: CallContext | EpochContext, state: State): Answer<State> };
