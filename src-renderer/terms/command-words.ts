import { freezingName, type Freezing } from '../../src-shared/training/commands/freezing.ts';
import { frozenWords as allFrozenWords } from '../../src-shared/training/commands/phase-commands.ts';
import { settingsOf } from '../../src-shared/training/commands/run-command.ts';
import type { RecordedCommand, RunCommand, SettingsPatch } from '../../src-shared/training/commands/run-command.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { RunRecord } from '../../src-shared/training/run/run.ts';
import { formatCount, formatCountOf, formatNumber } from '../ui/format/numbers.ts';
import { formatMilliseconds } from '../ui/format/times.ts';

/** A command that a run applied, in words. */
export interface CommandWords {
  readonly recorded: RecordedCommand;
  /** 'Learning rate 0.001 → 0.0003', 'Froze hidden_1'. */
  readonly words: string;
  readonly freezes: boolean;
}

type Recorded = Pick<RunRecord, 'model' | 'configuration' | 'startStep'>;
type Blocks = Pick<ModelDocument, 'blocks'>;

const NO_BLOCKS: Blocks = { blocks: [] };

/** The words of each command, in the order of the commands. @param run Null: not read, the first values are not known. */
export function commandWords(commands: readonly RecordedCommand[], run: Recorded | null): readonly CommandWords[] {
  const { model, startStep } = run ?? { model: NO_BLOCKS, startStep: 0 };
  let settings: SettingsPatch = run === null ? {} : settingsOf(run.configuration);
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
          words:
            command.phase === undefined
              ? changeWords(before, patch, model)
              : phaseWords(command.phase, before, patch, model),
          freezes: patch.frozen?.some(({ frozen }) => frozen) ?? false,
        };
      }
    }
  });
}

/** One line of a log: 'Run 3, epoch 2, step 41: Learning rate 0.01 → 0.001'. @param commands Of the run so far. */
export function commandLine(
  number: number | '',
  recorded: RecordedCommand,
  commands: readonly RecordedCommand[],
  run: Recorded | null,
): string {
  const until = [...commands.filter(({ seq }) => seq < recorded.seq), recorded];
  const { words } = commandWords(until, run).at(-1)!;
  return `Run ${number}, epoch ${formatCount(recorded.epoch + 1)}, step ${formatCount(recorded.step)}: ${words}`;
}

/** One line of a log for a command that a run did not apply. */
export function refusedLine(number: number | '', command: RunCommand): string {
  const what = command.kind === 'set' ? changeWords({}, command.patch, NO_BLOCKS) : command.kind;
  return `Run ${number} did not apply: ${what}`;
}

function changeWords(
  before: SettingsPatch,
  { learningRate, epochs, patience, frozen = [] }: SettingsPatch,
  model: Blocks,
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

/** 'Phase 2: learning rate 0.001 → 0.0001, stem frozen'. */
function phaseWords(phase: number, before: SettingsPatch, patch: SettingsPatch, model: Blocks): string {
  const { frozen = [], learningRate } = patch;
  const rate = learningRate === before.learningRate ? '' : changeWords(before, { learningRate }, NO_BLOCKS);
  const layers = frozen.length === 0 ? '' : allFrozenWords(frozen, model.blocks);
  const words = [rate.replace(/^./, (first) => first.toLowerCase()), layers].filter((text) => text !== '');
  return words.length === 0 ? `Phase ${phase}` : `Phase ${phase}: ${words.join(', ')}`;
}

/** Names of up to three layers, else their number. */
function frozenWords(verb: string, changes: readonly Freezing[], wanted: boolean, { blocks }: Blocks): string[] {
  const layers = changes.filter(({ frozen }) => frozen === wanted);
  if (layers.length === 0) return [];
  const names = layers.map((layer) => freezingName(layer, blocks)).join(', ');
  return [`${verb} ${layers.length <= 3 ? names : formatCountOf(layers.length, 'layer')}`];
}

/** Separates changes of the number of frozen first copies. */
function byCopies(
  changes: readonly Freezing[],
  { blocks }: Blocks,
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
