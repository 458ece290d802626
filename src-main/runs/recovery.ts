import type { RunState, RunSummary } from '../../src-shared/training/run.ts';
import { jsonText } from './json-text.ts';
import { endProcess } from '../system/process-identity.ts';
import type { Queries } from './queries.ts';
import type { Statements } from './statements.ts';

const error: NonNullable<RunSummary['error']> = {
  code: 'training/core-ended',
  message:
    'Lamina ended while this run was training. What was recorded up to then is kept; resume it from its last checkpoint.',
};

/**
 * Marks active runs as `interrupted` whose core is gone, and ends what is left of their trainers.
 * Call inside a transaction.
 */
export function interruptOrphans(queries: Queries, statements: Statements): void {
  for (const orphan of queries.orphans.all()) {
    const { id, trainer_host: host, trainer_pid: pid, trainer_start: start } = orphan;
    if (host !== null && pid !== null) endProcess({ host, pid, start });
    const state: RunState = 'interrupted';
    statements.state.run({ id, state, error: jsonText(error), endedAt: new Date().toISOString() });
  }
}
