import type { EventPayload } from '../../../src-shared/contract/contract.ts';

type RunEvent = 'run.changed' | 'run.progress' | 'run.epoch' | 'run.warning';

/** Sends an event of the contract to all windows. */
export type EmitRunEvent = <Name extends RunEvent>(name: Name, payload: EventPayload<Name>) => void;
