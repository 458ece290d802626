import { describe, expect, it } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { issuesText } from '../../src-shared/text/issue-text.ts';
import { withFrozen } from '../../src-shared/training/commands/freezing.ts';
import { phaseCommands, phaseModels, type PlannedRun } from '../../src-shared/training/commands/phase-commands.ts';
import { isApplied, withPatch } from '../../src-shared/training/commands/run-command.ts';
import {
  defaultTrainingConfiguration,
  trainingConfigurationSchema,
} from '../../src-shared/training/configuration/configuration.ts';
import { fitPhases, withPhases, type Phase } from '../../src-shared/training/configuration/phases.ts';
import { withSettings } from '../../src-main/core/training/settings.ts';
import { chainModel, denseBlock, layer, use } from '../support/block-documents.ts';
import { classFeatures } from '../support/documents.ts';

const model = chainModel(
  [
    layer('Dense', 'one', { units: 4 }),
    use('stack', 'stack', { repeat: 2, units: 4 }),
    layer('Dropout', 'dropout', { rate: 0.1 }),
    layer('Dense', 'two', { units: 4 }),
    layer('Dense', 'again', {}, { weightsOf: 'two' }),
    layer('Dense', 'classes', { units: 3, activation: 'softmax' }),
  ],
  [denseBlock],
);
const layers = ['one', 'stack', 'two', 'classes'];

describe('phases of a configuration', () => {
  it('decide the number of epochs', () => {
    const configuration = { ...defaultTrainingConfiguration, epochs: 3, phases: [{ epochs: 4 }, { epochs: 8 }] };
    expect(trainingConfigurationSchema.parse(configuration).epochs).toBe(12);
    expect(trainingConfigurationSchema.parse(defaultTrainingConfiguration)).toEqual(defaultTrainingConfiguration);
  });

  it.each([
    [[], ['phases']],
    [[{ epochs: 0 }], ['phases', 0, 'epochs']],
    [
      [{ epochs: 1 }, { epochs: 1.5 }],
      ['phases', 1, 'epochs'],
    ],
    [[{ epochs: 1, learningRate: 0 }], ['phases', 0, 'learningRate']],
    [[{ epochs: 1, learningRate: 1e-50 }], ['phases', 0, 'learningRate']],
    [[{ epochs: 1, rate: 0.1 }], ['phases', 0]],
    [[{ epochs: 1, frozen: 'all' }], ['phases', 0, 'frozen']],
    [[{ epochs: 1, frozen: { allButLast: 0 } }], ['phases', 0, 'frozen', 'allButLast']],
    [[{ epochs: 900_000 }, { epochs: 900_000 }], ['phases']],
  ])('%j are refused', (phases, path) => {
    const value = { ...defaultTrainingConfiguration, phases };
    const { error } = trainingConfigurationSchema.safeParse(value);
    expect(error?.issues[0]?.path).toEqual(path);
    expect(issuesText(error!, value)).toMatch(/expected/);
  });

  it('follow a changed number of epochs', () => {
    const phases: Phase[] = [{ epochs: 4, learningRate: 0.1 }, { epochs: 4, frozen: 'model' }, { epochs: 4 }];
    expect(fitPhases(phases, 15).map(({ epochs }) => epochs)).toEqual([4, 4, 7]);
    expect(fitPhases(phases, 8).map(({ epochs }) => epochs)).toEqual([4, 4]);
    expect(fitPhases(phases, 6)).toEqual([
      { epochs: 4, learningRate: 0.1 },
      { epochs: 2, frozen: 'model' },
    ]);
    const configuration = withPhases(defaultTrainingConfiguration, phases);
    expect(configuration.epochs).toBe(12);
    expect(withPatch(configuration, { epochs: 5 })).toMatchObject({
      epochs: 5,
      phases: [{ epochs: 4 }, { epochs: 1 }],
    });
    const set = withSettings(configuration, [{ path: 'epochs', value: 9 }]);
    expect(set).toMatchObject({ epochs: 9, phases: [{}, {}, { epochs: 1 }] });
    const other = withSettings(configuration, [{ path: 'phases', value: [{ epochs: 2 }, { epochs: 1 }] }]);
    expect(other).toMatchObject({ epochs: 3 });
    expect(withSettings(configuration, [{ path: 'phases', value: null }])).toEqual({
      ...defaultTrainingConfiguration,
      epochs: 12,
    });
    expect(() => withSettings(configuration, [{ path: 'epochs', value: 0 }])).toThrow(
      expect.objectContaining({ code: 'training/bad-setting', details: { path: 'epochs' } }),
    );
  });
});

describe('what is frozen in a phase', () => {
  it('is of the model, of the last layers with weights, or of the names', () => {
    const drawn = withFrozen(model, [
      { layer: 'one', frozen: true },
      { layer: 'stack/2', frozen: true },
    ]);
    const phases: Phase[] = [
      { epochs: 1 },
      { epochs: 1, frozen: { allButLast: 2 } },
      { epochs: 1 },
      { epochs: 1, frozen: ['stack/dense', 'two'] },
      { epochs: 1, frozen: [] },
      { epochs: 1, frozen: 'model' },
      { epochs: 1, frozen: { allButLast: 9 } },
    ];
    const frozen = phaseModels(drawn, phases, layers).map(({ nodes }) =>
      nodes.filter((node) => node.frozen || node.frozenPaths !== undefined).map(({ name }) => name),
    );
    const own = ['one', 'stack'];
    expect(frozen).toEqual([own, ['one', 'stack'], ['one', 'stack'], ['stack', 'two'], [], own, []]);
    expect(phaseModels(drawn, phases, layers).at(-2)).toBe(drawn);
  });

  it('is refused where the model lacks the layer, it uses other weights, or nothing would train', () => {
    const problemsOf = (...phases: Phase[]) =>
      analyze(model, classFeatures([5], 3), { loss: 'auto', metrics: [], phases }).problems.filter(
        ({ severity }) => severity === 'error',
      );
    expect(problemsOf({ epochs: 1, frozen: ['one', 'stack/2', 'stack/1-2/dense'] })).toEqual([]);
    const [missing, shared] = problemsOf({ epochs: 1 }, { epochs: 2, frozen: ['ones', 'two', 'again'] });
    expect(missing).toMatchObject({
      code: 'phase/unknown-layer',
      fixes: [{ action: 'remove-from-phase', params: { phase: 2, layer: 'ones' } }],
    });
    expect(shared).toMatchObject({ code: 'phase/unknown-layer', fixes: [{ params: { layer: 'again' } }] });
    expect(missing!.message).toMatchInlineSnapshot(
      `"Phase 2 freezes 'ones'. Expected a layer of the model that trains, or a part of a block as 'block/layer'; received 'ones'. Did you mean one?"`,
    );
    expect(problemsOf({ epochs: 1, frozen: layers })).toMatchObject([{ code: 'phase/nothing-trainable' }]);
  });
});

describe('the commands of phases', () => {
  const phases: Phase[] = [
    { epochs: 2, learningRate: 0.1, frozen: { allButLast: 1 } },
    { epochs: 3 },
    { epochs: 2, learningRate: 0.01, frozen: [] },
  ];
  const run: PlannedRun = {
    model,
    phases,
    layers,
    stepsPerEpoch: 7,
    from: { epoch: 0, step: 0, batch: 0 },
    accumulated: 0,
    accumulationSteps: 1,
    firstSeq: 1,
    at: '2026-11-30',
  };
  const positions = (changes: Partial<PlannedRun>) =>
    phaseCommands({ ...run, ...changes }).map(({ seq, step, epoch, command }) => [seq, step, epoch, command.phase]);

  it('apply at the first step of each phase, with every layer', () => {
    const commands = phaseCommands(run);
    expect(positions({})).toEqual([
      [1, 0, 0, 1],
      [2, 14, 2, 2],
      [3, 35, 5, 3],
    ]);
    const freezing = (frozen: boolean[]) => layers.map((layer, index) => ({ layer, frozen: frozen[index] }));
    expect(commands.map(({ command }) => command.patch)).toEqual([
      { learningRate: 0.1, frozen: freezing([true, true, true, false]) },
      { frozen: [] },
      { learningRate: 0.01, frozen: freezing([false, false, false, false]) },
    ]);
  });

  it('of a run that begins later apply at its beginning, with the settings of earlier phases', () => {
    const from = { epoch: 3, step: 25, batch: 4 };
    expect(positions({ from })).toEqual([
      [2, 25, 3, 2],
      [3, 35, 5, 3],
    ]);
    expect(phaseCommands({ ...run, from })[0]!.command.patch).toMatchObject({
      learningRate: 0.1,
      frozen: [{ frozen: true }, {}, {}, { frozen: false }],
    });
    expect(positions({ from: { epoch: 5, step: 50, batch: 0 } })).toEqual([[3, 50, 5, 3]]);
  });

  it('that freeze or unfreeze layers wait for the end of a gradient accumulation', () => {
    expect(positions({ accumulationSteps: 4 })).toEqual([
      [1, 0, 0, 1],
      [2, 14, 2, 2],
      [3, 36, 5, 3],
    ]);
    const from = { epoch: 3, step: 25, batch: 4 };
    expect(positions({ accumulationSteps: 4, accumulated: 3, from })).toEqual([
      [2, 26, 3, 2],
      [3, 38, 5, 3],
    ]);
    expect(positions({ accumulationSteps: 1000 }).map(([, step, epoch]) => [step, epoch])).toEqual([
      [0, 0],
      [14, 2],
      [1000, 142],
    ]);
  });

  it('are applied once training has reached their step', () => {
    const [, second] = phaseCommands(run);
    const at = { createdAt: '2026-11-29', stepsDone: 13 };
    expect(isApplied(second!, at)).toBe(false);
    expect(isApplied(second!, { ...at, stepsDone: 14 })).toBe(true);
    expect(isApplied({ ...second!, command: { kind: 'pause' } }, at)).toBe(true);
  });
});
