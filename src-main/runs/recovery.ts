import type { RunState, RunSummary } from '../../src-shared/training/run/run.ts';
import { jsonText } from './json-text.ts';
import { endProcess } from '../system/process-identity.ts';
import type { Queries } from './queries.ts';
import type { Statements } from './statements.ts';

/** @param resumable The run has a checkpoint to go on from. */
function coreEnded(resumable: boolean): NonNullable<RunSummary['error']> {
  const remedy = resumable
    ? 'What was recorded up to then is kept; resume it from its last checkpoint.'
    : 'It had no checkpoint yet: start it again.';
  return { code: 'training/core-ended', message: `Lamina ended while this run was training. ${remedy}` };
}

/**
 * Marks active runs as `interrupted` whose core is gone, and ends what is left of their trainers.
 * Call inside a transaction.
 *
 * @returns How many there were.
 */
export function interruptOrphans(queries: Queries, statements: Statements): number {
  const orphans = queries.orphans.all();
  for (const orphan of orphans) {
    const { id, trainer_host: host, trainer_pid: pid, trainer_start: start } = orphan;
    if (host !== null && pid !== null) endProcess({ host, pid, start });
    const state: RunState = 'interrupted';
    const error = coreEnded(queries.checkpoint.get(id, 'last') !== undefined);
    statements.state.run({ id, state, error: jsonText(error), endedAt: new Date().toISOString() });
  }
  return orphans.length;
}
