import { describe, expect, it } from 'vitest';
import { expandBlocks } from '../../src-shared/compiler/expand/expand.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { dissolveBlock } from '../../src-shared/document/blocks/dissolve-block.ts';
import { setInferenceMode } from '../../src-shared/document/edits/edits.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { chainBlock, chainModel, denseBlock, layer, use } from '../support/block-documents.ts';
import { classFeatures, configurationWith } from '../support/documents.ts';

const inference = { training: false } as const;
const head = layer('Dense', 'head', { units: 2, activation: 'softmax' });

/** Random numbers that a training step draws, and statistics that it updates. */
function effects(document: ModelDocument): { draws: number; updated: string[] } {
  const configuration = configurationWith({ loss: 'sparseCategoricalCrossentropy' });
  const result = compileModel(document, classFeatures([4], 2), configuration);
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  const { operations, state } = result.model.programs.train;
  return {
    draws: operations.filter(({ op }) => op.startsWith('random')).length,
    updated: state.flatMap(({ name, update }) => (update !== undefined && name.includes('/moving_') ? [name] : [])),
  };
}

describe('a layer in inference mode', () => {
  it.each(['Dropout', 'SpatialDropout1D', 'GaussianNoise', 'GaussianDropout', 'AlphaDropout', 'RReLU'])(
    '%s draws nothing while the model trains',
    (kind) => {
      const sequence = [layer('Reshape', 'sequence', { targetShape: [2, 2] })];
      const modelOf = (more: object) =>
        chainModel([...sequence, layer(kind, 'noise', {}, more), layer('Flatten', 'flat'), head], []);
      expect([effects(modelOf({})).draws > 0, effects(modelOf(inference)).draws]).toEqual([true, 0]);
    },
  );

  it('LSTM with dropout draws nothing while the model trains', () => {
    const sequence = layer('Reshape', 'sequence', { targetShape: [2, 2] });
    const modelOf = (more: object) =>
      chainModel([sequence, layer('LSTM', 'lstm', { units: 2, dropout: 0.5, recurrentDropout: 0.5 }, more), head], []);
    expect([effects(modelOf({})).draws > 0, effects(modelOf(inference)).draws]).toEqual([true, 0]);
  });

  it('BatchNormalization that is not frozen, also by batch when frozen, updates no statistics', () => {
    const modelOf = (params: object, more: object) =>
      chainModel([layer('BatchNormalization', 'norm', { ...params }, more), head], []);
    expect(effects(modelOf({}, {})).updated).toHaveLength(2);
    expect(effects(modelOf({}, inference)).updated).toEqual([]);
    expect(effects(modelOf({ statisticsWhenFrozen: 'batch' }, { ...inference, frozen: true })).updated).toEqual([]);
  });
});

describe('a Block node in inference mode', () => {
  const nested = chainBlock('outer', [use('stack', 'inner'), layer('Dropout', 'drop')]);

  it('sets it for all layers inside, those of nested blocks and all copies included', () => {
    const uses = [use('outer', 'one', { repeat: 2 }, inference), use('outer', 'two')];
    const document = chainModel([...uses, head], [nested, denseBlock]);
    const { updated, draws } = effects(document);
    expect(updated.every((name) => name.startsWith('two/'))).toBe(true);
    expect([updated.length, draws]).toEqual([2, 2]);
  });

  it('a further call with the same weights has its own mode', () => {
    const again = use('stack', 'again', {}, { weightsOf: 'first', ...inference });
    const { nodes } = expandBlocks(chainModel([use('stack', 'first'), again, head], [denseBlock])).document;
    const ofDropout = nodes.filter(({ kind }) => kind === 'Dropout').map(({ name, training }) => [name, training]);
    expect(ofDropout).toEqual([
      ['first/drop', undefined],
      ['again/drop', false],
    ]);
  });

  it('its layers keep the mode when it is dissolved', () => {
    const document = chainModel([use('stack', 'one', {}, inference), head], [denseBlock]);
    let ids = 0;
    const made = dissolveBlock(document, 'one', () => `new ${ids++}`);
    if (typeof made === 'string') throw new Error(made);
    expect(effects(applyChange(document, made.change))).toEqual({ draws: 0, updated: [] });
  });
});

describe('setInferenceMode', () => {
  const document = chainModel([layer('Dropout', 'a'), layer('Dropout', 'b', {}, inference)], []);

  it('changes the layers that are in the other mode; null if there are none', () => {
    const on = applyChange(document, setInferenceMode(document, ['a', 'b'], true)!);
    expect(on.nodes.map(({ training }) => training)).toEqual([undefined, false, false, undefined]);
    expect(setInferenceMode(on, ['a', 'b'], true)).toBeNull();
    const off = applyChange(on, setInferenceMode(on, ['a', 'b'], false)!);
    expect(off.nodes.every((node) => !('training' in node))).toBe(true);
  });
});
