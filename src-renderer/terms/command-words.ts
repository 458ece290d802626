import { settingsOf } from '../../src-shared/training/commands/run-command.ts';
import type { RecordedCommand, SettingsPatch } from '../../src-shared/training/commands/run-command.ts';
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
  { configuration, startStep }: Pick<RunRecord, 'configuration' | 'startStep'>,
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
          words: changeWords(before, patch),
          freezes: patch.frozen?.some(({ frozen }) => frozen) ?? false,
        };
      }
    }
  });
}

function changeWords(before: SettingsPatch, { learningRate, epochs, patience, frozen }: SettingsPatch): string {
  const number = (label: string, from: number | undefined, to: number | undefined): string[] => {
    if (to === undefined) return [];
    return [`${label} ${from === undefined ? '' : `${formatNumber(from)} `}→ ${formatNumber(to)}`];
  };
  return [
    ...number('learning rate', before.learningRate, learningRate),
    ...number('epochs', before.epochs, epochs),
    ...number('patience', before.patience, patience),
    ...frozenWords(
      'froze',
      frozen?.filter((layer) => layer.frozen),
    ),
    ...frozenWords(
      'unfroze',
      frozen?.filter((layer) => !layer.frozen),
    ),
  ]
    .join(', ')
    .replace(/^./, (first) => first.toUpperCase());
}

/** Names of up to three layers, else their number. */
function frozenWords(verb: string, layers: readonly { readonly layer: string }[] = []): string[] {
  if (layers.length === 0) return [];
  const names = layers.map(({ layer }) => layer).join(', ');
  return [`${verb} ${layers.length <= 3 ? names : formatCountOf(layers.length, 'layer')}`];
}
