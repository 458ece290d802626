import { freezingName, type Freezing } from '../../src-shared/training/commands/freezing.ts';
import { settingsOf } from '../../src-shared/training/commands/run-command.ts';
import type { RecordedCommand, SettingsPatch } from '../../src-shared/training/commands/run-command.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { RunRecord } from '../../src-shared/training/run/run.ts';
import { formatCountOf, formatNumber } from '../ui/format/numbers.ts';
import { formatMilliseconds } from '../ui/format/times.ts';

/** A command that a run applied, in words. */
export interface CommandWords {
  readonly recorded: RecordedCommand;
  /** 'Learning rate 0.001 → 0.0003', 'Froze hidden_1'. */
  readonly words: string;
  readonly freezes: boolean;
}

/** The words of each command, in the order of the commands. */
export function commandWords(
  commands: readonly RecordedCommand[],
  { model, configuration, startStep }: Pick<RunRecord, 'model' | 'configuration' | 'startStep'>,
): readonly CommandWords[] {
  let settings = settingsOf(configuration);
  let earlier: SettingsPatch = {};
  let pausedAt: string | null = null;
  return commands.map((recorded) => {
    const { command, at, step } = recorded;
    const said = (words: string): CommandWords => ({ recorded, words, freezes: false });
    switch (command.kind) {
      case 'pause':
        pausedAt = at;
        return said('Paused');
      case 'resume': {
        const lastedMs = pausedAt === null ? NaN : Date.parse(at) - Date.parse(pausedAt);
        return said(lastedMs >= 0 ? `Resumed after ${formatMilliseconds(lastedMs)}` : 'Resumed');
      }
      case 'stop':
        return said(command.when === 'now' ? 'Stopped' : 'Stop after this epoch');
      case 'checkpoint':
        return said('Saved a checkpoint');
      case 'set': {
        const { patch } = command;
        // The configuration of a resumed run has the settings after the commands of the run that it resumes.
        const before = step < startStep ? earlier : settings;
        settings = { ...settings, ...patch };
        earlier = { ...earlier, ...patch };
        return {
          recorded,
          words: changeWords(before, patch, model),
          freezes: patch.frozen?.some(({ frozen }) => frozen) ?? false,
        };
      }
    }
  });
}

function changeWords(
  before: SettingsPatch,
  { learningRate, epochs, patience, frozen = [] }: SettingsPatch,
  model: ModelDocument,
): string {
  const number = (label: string, from: number | undefined, to: number | undefined): string[] => {
    if (to === undefined) return [];
    return [`${label} ${from === undefined ? '' : `${formatNumber(from)} `}→ ${formatNumber(to)}`];
  };
  const { counts, others } = byCopies(frozen, model);
  return [
    ...number('learning rate', before.learningRate, learningRate),
    ...number('epochs', before.epochs, epochs),
    ...number('patience', before.patience, patience),
    ...counts.flatMap(({ of, from, to }) => number(`frozen copies of ${of}`, from, to)),
    ...frozenWords('froze', others, true, model),
    ...frozenWords('unfroze', others, false, model),
  ]
    .join(', ')
    .replace(/^./, (first) => first.toUpperCase());
}

/** Names of up to three layers, else their number. */
function frozenWords(verb: string, changes: readonly Freezing[], wanted: boolean, { blocks }: ModelDocument): string[] {
  const layers = changes.filter(({ frozen }) => frozen === wanted);
  if (layers.length === 0) return [];
  const names = layers.map((layer) => freezingName(layer, blocks)).join(', ');
  return [`${verb} ${layers.length <= 3 ? names : formatCountOf(layers.length, 'layer')}`];
}

/** Separates changes of the number of frozen first copies. */
function byCopies(
  changes: readonly Freezing[],
  { blocks }: ModelDocument,
): { counts: { of: string; from: number; to: number }[]; others: Freezing[] } {
  const counts = new Map<string, { of: string; from: number; to: number }>();
  const others = changes.filter((change) => {
    const [, layer, count] = /^(.+)\/1(?:-(\d+))?$/.exec(change.layer) ?? [];
    if (layer === undefined) return true;
    const of = freezingName({ ...change, layer }, blocks);
    const known = counts.get(of) ?? { of, from: 0, to: 0 };
    counts.set(of, { ...known, [change.frozen ? 'to' : 'from']: Number(count ?? 1) });
    return false;
  });
  return { counts: [...counts.values()], others };
}
