import type { Dispatcher } from '../../../src-shared/contract/dispatcher.ts';

/** Sends an event to every window but `except`. */
export type Emit = Dispatcher['emit'];
