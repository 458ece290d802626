import { expect, test } from 'vitest';
import {
  addAfter,
  exchange,
  moveEnd,
  phasesPatch,
  presets,
} from '../../src-renderer/features/training/phases/phase-edits.ts';
import { trainingConfigurationSchema } from '../../src-shared/training/configuration/configuration.ts';
import type { Phase } from '../../src-shared/training/configuration/phases.ts';
import { renamedInPhases } from '../../src-shared/training/commands/phase-commands.ts';
import { chainModel, layer } from '../support/block-documents.ts';
import { configurationWith } from '../support/documents.ts';

const phases: Phase[] = [{ epochs: 4 }, { epochs: 3, learningRate: 0.1 }, { epochs: 2 }];
const lengths = (of: readonly Phase[]) => of.map(({ epochs }) => epochs);

test('the end of a phase moves between its neighbours; that of the last one moves the end of the training', () => {
  expect(lengths(moveEnd(phases, 0, 1))).toEqual([5, 2, 2]);
  expect(lengths(moveEnd(phases, 0, 9))).toEqual([6, 1, 2]);
  expect(lengths(moveEnd(phases, 1, -9))).toEqual([4, 1, 4]);
  expect(lengths(moveEnd(phases, 2, 5))).toEqual([4, 3, 7]);
  expect(lengths(moveEnd(phases, 2, -5))).toEqual([4, 3, 1]);
  expect(moveEnd(phases, 0, 1)[1]).toEqual({ epochs: 2, learningRate: 0.1 });
});

test('phases are added after one, exchanged, and decide the number of epochs', () => {
  expect(addAfter(phases, 1)).toEqual([phases[0], phases[1], { epochs: 3 }, phases[2]]);
  expect(exchange(phases, 1)).toEqual([phases[0], phases[2], phases[1]]);
  expect(phasesPatch(phases)).toEqual({ epochs: 9, phases });
  expect(phasesPatch([])).toEqual({ phases: undefined });
});

const model = chainModel(
  ['one', 'two', 'three', 'four', 'head'].map((name) => layer('Dense', name, { units: 2 })),
  [],
);
const layers = model.nodes.filter(({ kind }) => kind === 'Dense');

test.each(presets)('$label gives valid phases of the epochs that were set', (preset) => {
  for (const epochs of [1, 2, 10, 31]) {
    const configuration = configurationWith({ epochs });
    const made = preset.apply({ model, configuration, layers }).configuration;
    expect(trainingConfigurationSchema.parse(made)).toEqual(made);
    expect(made.epochs).toBe(Math.max(4, epochs));
    expect(made.phases![0]).toMatchObject({ learningRate: 0.001, frozen: { allButLast: 1 } });
    expect(made.phases!.at(-1)!.frozen).toEqual([]);
  }
});

test('a frozen part of the model is what the first phase keeps frozen', () => {
  const frozen = { ...model, nodes: model.nodes.map((node) => ({ ...node, frozen: node.name === 'one' })) };
  const starting = { model: frozen, configuration: configurationWith({ epochs: 9 }) };
  const [first] = presets[1]!.apply({ ...starting, layers: frozen.nodes.filter(({ kind }) => kind === 'Dense') })
    .configuration.phases!;
  expect(first!.frozen).toBe('model');
});

test('gradual unfreezing has growing numbers of last layers; discriminative rates fall towards the inputs', () => {
  const starting = { model, configuration: configurationWith({ epochs: 12 }), layers };
  const gradual = presets[1]!.apply(starting).configuration.phases!;
  expect(gradual.map(({ frozen }) => frozen)).toEqual([{ allButLast: 1 }, { allButLast: 2 }, { allButLast: 3 }, []]);
  const changed = presets[2]!.apply(starting).model!;
  const factors = changed.nodes.flatMap(({ params }) => params['learningRateMultiplier'] ?? []);
  expect(factors).toEqual([0.01, 0.032, 0.1, 0.32, 1]);
});

test('phases name a renamed layer by its new name, also before a part of a block', () => {
  const renamed = { ...model, nodes: model.nodes.map((node) => (node.name === 'two' ? { ...node, name: 'b' } : node)) };
  const named: Phase[] = [
    { epochs: 1, frozen: ['one', 'two', 'two/dense'] },
    { epochs: 1, frozen: 'model' },
  ];
  expect(renamedInPhases(named, model, renamed)).toEqual([{ epochs: 1, frozen: ['one', 'b', 'b/dense'] }, named[1]]);
  expect(renamedInPhases(named, model, model)).toBe(named);
});
