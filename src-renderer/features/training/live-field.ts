import type { SettingsPatch } from '../../../src-shared/training/commands/run-command.ts';
import type { RunSummary } from '../../../src-shared/training/run/run.ts';
import type { FieldMark } from '../../ui/field-mark.ts';
import { formatNumber } from '../../ui/format/numbers.ts';

/** Mark and help of a field that a run in progress can apply; empty if none can. */
export interface LiveField {
  readonly mark?: FieldMark;
  readonly help?: string;
}

/** A setting that a run can apply while it trains. */
type LiveSetting = 'learningRate' | 'epochs' | 'patience';

/**
 * @param run The run that can apply changes of settings; null: none.
 * @param newRunsOnly A change leaves that run as it is.
 * @param settings The current settings of the run; null: not known.
 * @param value The setting in the project's configuration.
 */
export function liveField(
  run: RunSummary | null,
  newRunsOnly: boolean,
  settings: SettingsPatch | null,
  setting: LiveSetting,
  value: number | undefined,
): LiveField {
  const current = settings?.[setting];
  if (run === null || current === undefined) return {};
  const hint = `Run ${run.number} applies a change at its next step, after you leave the field or press Enter`;
  return {
    ...(newRunsOnly ? {} : { mark: { word: 'live', hint, tone: 'accent' } }),
    ...(current === value ? {} : { help: `Run ${run.number} trains with ${formatNumber(current)}.` }),
  };
}

/** The mark of all other fields while a run is in progress. */
export function nextRunMark(active: RunSummary | null): FieldMark | null {
  if (active === null) return null;
  return {
    word: 'next run',
    hint: `A change applies from the next run; run ${active.number} keeps its value`,
    tone: 'quiet',
  };
}
