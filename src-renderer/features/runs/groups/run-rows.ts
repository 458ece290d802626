import { membersOf } from '../../../../src-shared/training/run/group-comparison.ts';
import type { MemberRun } from '../../../../src-shared/training/run/group-comparison.ts';
import type { RunGroup } from '../../../../src-shared/training/run/run-group.ts';
import type { RunSummary } from '../../../../src-shared/training/run/run.ts';

export interface GroupRow {
  readonly kind: 'group';
  readonly key: string;
  readonly group: Pick<RunGroup, 'id' | 'name'>;
  readonly members: readonly MemberRun[];
  readonly open: boolean;
}

/** A row of the run list: a group, or a run. */
export type RunRow =
  GroupRow | { readonly kind: 'run'; readonly key: string; readonly run: RunSummary; readonly inGroup: boolean };

/**
 * The runs with those of a group in one row, where the first of them is; below it, all of its runs if it is unfolded.
 *
 * @param runs In the order of the list.
 * @param unfolded Ids of groups.
 */
export function rowsOf(runs: readonly RunSummary[], unfolded: ReadonlySet<string>): RunRow[] {
  const shown = new Set<string>();
  return runs.flatMap((run): RunRow[] => {
    const { group } = run;
    if (group === null) return [{ kind: 'run', key: run.id, run, inGroup: false }];
    if (shown.has(group.id)) return [];
    shown.add(group.id);
    const open = unfolded.has(group.id);
    const row: GroupRow = { kind: 'group', key: `group ${group.id}`, group, members: membersOf(runs, group.id), open };
    const inside = open ? runs.filter((other) => other.group?.id === group.id) : [];
    return [row, ...inside.map((other): RunRow => ({ kind: 'run', key: other.id, run: other, inGroup: true }))];
  });
}
