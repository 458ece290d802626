import { expect, test } from 'vitest';
import { flagsOf } from '../../src-renderer/components/curves/curve-series.ts';
import { commandLine, commandWords, refusedLine } from '../../src-renderer/terms/command-words.ts';
import type { RecordedCommand, RunCommand, SettingsPatch } from '../../src-shared/training/commands/run-command.ts';
import { chainBlock, chainModel, layer, use } from '../support/block-documents.ts';
import { configurationWith } from '../support/documents.ts';

const firstAt = '2026-11-21T08:00:00.000Z';
const block = chainBlock('b1', [layer('Dense', 'dense')]);
const model = chainModel([use('b1', 'stack')], [{ ...block, name: 'Residual' }]);
const record = { startStep: 0, configuration: configurationWith({ epochs: 30 }), model };

/** Commands one minute apart, at steps 10, 20, … */
const recorded = (commands: readonly RunCommand[]): RecordedCommand[] =>
  commands.map((command, index) => ({
    seq: index + 1,
    step: (index + 1) * 10,
    epoch: index,
    at: new Date(Date.parse(firstAt) + index * 60_000).toISOString(),
    command,
  }));
const words = (commands: readonly RecordedCommand[]) => commandWords(commands, record).map((said) => said.words);

test('each change of a setting names the value before it', () => {
  const commands = recorded([
    { kind: 'set', patch: { learningRate: 0.0005 } },
    { kind: 'set', patch: { learningRate: 0.0001, epochs: 50 } },
    { kind: 'set', patch: { patience: 4 } },
  ]);
  expect(words(commands)).toEqual([
    'Learning rate 0.001 → 0.0005',
    'Learning rate 0.0005 → 0.0001, epochs 30 → 50',
    'Patience → 4',
  ]);
});

test('commands before the step where a run resumes do not name the value that it starts with', () => {
  const commands = recorded([
    { kind: 'set', patch: { epochs: 30 } },
    { kind: 'set', patch: { epochs: 40 } },
    { kind: 'set', patch: { epochs: 50 } },
  ]);
  const resumed = { ...record, startStep: 30, configuration: configurationWith({ epochs: 40 }) };
  expect(commandWords(commands, resumed).map((said) => said.words)).toEqual([
    'Epochs → 30',
    'Epochs 30 → 40',
    'Epochs 40 → 50',
  ]);
});

const change = (name: string, frozen: boolean) => ({ layer: name, frozen });

test('layers inside a block are named with the Block node, or with the block for all its uses', () => {
  const set = (...frozen: NonNullable<SettingsPatch['frozen']>): RunCommand => ({ kind: 'set', patch: { frozen } });
  const commands = recorded([
    set(change('stack/dense', true), { layer: 'dense', block: 'b1', frozen: true }),
    set(change('stack/1-2', true)),
    set(change('stack/1-2', false), change('stack/1-5', true), change('stack/2/dense', false)),
    set(change('stack/1-5', false)),
    set(change('stack/2', true)),
  ]);
  expect(words(commands)).toEqual([
    "Froze stack/dense, dense in block 'Residual'",
    'Frozen copies of stack 0 → 2',
    'Frozen copies of stack 2 → 5, unfroze stack/2/dense',
    'Frozen copies of stack 5 → 0',
    'Froze stack/2',
  ]);
});

test('a line of the log has the place and the value before, if the record of the run is read', () => {
  const commands = recorded([
    { kind: 'set', patch: { learningRate: 0.0005 } },
    { kind: 'set', patch: { learningRate: 0.0001 } },
  ]);
  expect(commandLine(3, commands[1]!, commands, record)).toBe('Run 3, epoch 2, step 20: Learning rate 0.0005 → 0.0001');
  expect(commandLine(3, commands[0]!, [], null)).toBe('Run 3, epoch 1, step 10: Learning rate → 0.0005');
  expect(refusedLine(3, { kind: 'set', patch: { epochs: 1 } })).toBe('Run 3 did not apply: Epochs → 1');
});

test('a pause has its length, and layers are named up to three', () => {
  const commands = recorded([
    { kind: 'pause' },
    { kind: 'set', patch: { frozen: [change('a', true), change('b', true), change('c', false)] } },
    { kind: 'resume' },
    { kind: 'set', patch: { frozen: ['a', 'b', 'c', 'd'].map((name) => change(name, false)) } },
    { kind: 'stop', when: 'epoch' },
  ]);
  expect(words(commands)).toEqual([
    'Paused',
    'Froze a, b, unfroze c',
    'Resumed after 2:00',
    'Unfroze 4 layers',
    'Stop after this epoch',
  ]);
  expect(flagsOf(commandWords(commands, record), 20).map(({ x, tone }) => [x, tone])).toEqual([
    [0.5, 'neutral'],
    [1, 'ice'],
    [1.5, 'neutral'],
    [2, 'neutral'],
    [2.5, 'neutral'],
  ]);
  expect(flagsOf(commandWords(commands, record), null).map(({ x }) => x)).toEqual([0, 1, 2, 3, 4]);
});

test('the beginning of a phase names its settings and the layers that it freezes', () => {
  const frozen = (...layers: string[]) => layers.map((each) => ({ layer: each, frozen: true }));
  const commands = recorded([
    { kind: 'set', phase: 1, patch: { learningRate: 0.001, frozen: frozen('stack') } },
    { kind: 'set', phase: 2, patch: { frozen: [] } },
    { kind: 'set', phase: 3, patch: { learningRate: 0.0001, frozen: [{ layer: 'stack', frozen: false }] } },
    { kind: 'set', phase: 4, patch: { frozen: frozen('a', 'b', 'c', 'd') } },
  ]);
  expect(words(commands)).toEqual([
    'Phase 1: stack frozen',
    'Phase 2',
    'Phase 3: learning rate 0.001 → 0.0001, all layers train',
    'Phase 4: 4 layers frozen',
  ]);
  expect(commandWords(commands, record).map(({ freezes }) => freezes)).toEqual([true, false, false, true]);
});
