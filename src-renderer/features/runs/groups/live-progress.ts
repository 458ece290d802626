import { groupProgress } from '../../../../src-shared/training/run/group-comparison.ts';
import type { GroupProgress, MemberRun } from '../../../../src-shared/training/run/group-comparison.ts';
import type { QueueStore } from '../../../state/queue-store.svelte.ts';
import type { RunsStore } from '../../../state/runs-store.svelte.ts';
import { formatCount } from '../../../ui/format/numbers.ts';
import { formatDuration } from '../../../ui/format/times.ts';

/** Progress of a group with the epochs of runs that train now, which their summaries do not have yet. */
export function liveProgress(
  members: readonly MemberRun[],
  runs: Pick<RunsStore, 'progressOf'>,
  { runsAtOnce }: Pick<QueueStore, 'runsAtOnce'>,
): GroupProgress {
  const live = members.map((run) => {
    const epochsDone = run.endedAt === null ? Math.max(run.epochsDone, (runs.progressOf(run.id)?.epoch ?? 1) - 1) : 0;
    return run.endedAt === null ? { ...run, epochsDone } : run;
  });
  return groupProgress(live, runsAtOnce, Date.now());
}

/** '3 of 12 runs, 1 failed, 2:10 left'. */
export function progressWords({ runs, completed, failed, unfinished, active, secondsLeft }: GroupProgress): string {
  return [
    `${formatCount(completed)} of ${formatCount(runs)}`,
    ...(failed === 0 ? [] : [`${formatCount(failed)} failed`]),
    ...(unfinished === 0 ? [] : [`${formatCount(unfinished)} stopped`]),
    ...(active > 0 && secondsLeft !== null ? [`${formatDuration(secondsLeft)} left`] : []),
  ].join(', ');
}
