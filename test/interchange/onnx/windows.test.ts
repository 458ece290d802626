import { describe, expect, test } from 'vitest';
import type { OnnxAttributes } from '../../../src-main/engines/onnx/model/onnx-model.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { Dice } from '../../support/dice.ts';
import { compareWithOnnxRuntime } from '../../support/onnx-comparison.ts';
import { onnxNode, onnxWeights, writeOnnxGraph } from '../../support/onnx-graphs.ts';
import { seedsOf } from '../../support/portion.ts';

// Convolutions and poolings with random windows: equal to ONNX Runtime, or refused.

interface Case {
  readonly opType: string;
  readonly channels: number;
  readonly sizes: readonly number[];
  readonly attributes: OnnxAttributes;
  /** Of the weights; empty: none. */
  readonly weights: readonly number[];
}

function windowsOf(dice: Dice, axes: number, largestPad: number): OnnxAttributes & { kernel_shape: readonly number[] } {
  const each = (most: number): number[] => Array.from({ length: axes }, () => dice.from(1, most));
  const pads = Array.from({ length: 2 * axes }, () => dice.from(0, largestPad));
  const isSymmetric = dice.chance(50);
  return {
    kernel_shape: each(4),
    strides: each(3),
    pads: isSymmetric ? [...pads.slice(0, axes), ...pads.slice(0, axes)] : pads,
  };
}

function caseOf(dice: Dice): Case {
  const axes = dice.from(1, 3);
  const channels = dice.from(1, 4);
  const sizes = Array.from({ length: axes }, () => dice.from(4, 9));
  const opType = dice.pick(['Conv', 'Conv', 'ConvTranspose', 'MaxPool', 'AveragePool']);
  const isPool = opType.endsWith('Pool');
  const windows = windowsOf(dice, axes, isPool ? 1 : 2);
  const kernel = windows.kernel_shape;
  if (isPool) {
    // Pads must be smaller than the kernel.
    const pads = (windows['pads'] as number[]).map((pad, index) => Math.min(pad, kernel[index % axes]! - 1));
    const counts = opType === 'AveragePool' && dice.chance(50) ? { count_include_pad: 1 } : {};
    const ceil = dice.chance(40) ? { ceil_mode: 1 } : {};
    return { opType, channels, sizes, attributes: { ...windows, pads, ...counts, ...ceil }, weights: [] };
  }
  const dilations = Array.from({ length: axes }, () => (dice.chance(25) ? 2 : 1));
  if (opType === 'ConvTranspose') {
    const strides = windows['strides'] as number[];
    const added = strides.map((stride) => (dice.chance(30) ? dice.below(stride) : 0));
    const attributes = { ...windows, dilations, output_padding: added };
    return { opType, channels, sizes, attributes, weights: [channels, dice.from(1, 3), ...kernel] };
  }
  const isAutomatic = dice.chance(20);
  const group = dice.chance(40) ? channels : 1;
  const filters = group * dice.from(1, 3);
  const { pads, ...rest } = windows;
  const padding = isAutomatic ? { auto_pad: dice.pick(['SAME_UPPER', 'VALID']) } : { pads: pads! };
  // ONNX Runtime computes no SAME_UPPER with dilations.
  const attributes = { ...rest, ...padding, group, ...(isAutomatic ? {} : { dilations }) };
  return { opType, channels, sizes, attributes, weights: [filters, channels / group, ...kernel] };
}

describe.each(seedsOf('onnx windows', { quick: 90, ci: 150, soak: 1500 }))('seed %i', (seed) => {
  const dice = new Dice(seed, 'onnx windows');
  const { opType, channels, sizes, attributes, weights } = caseOf(dice);
  test(`${opType} of ${channels} × ${sizes.join(' × ')}, ${JSON.stringify(attributes)}`, async () => {
    const isRelu = dice.chance(50);
    const inputs = weights.length === 0 ? ['a'] : ['a', 'w', 'b'];
    const filters = opType === 'ConvTranspose' ? weights[1]! : (weights[0] ?? 1);
    const nodes = [onnxNode(isRelu ? 'Relu' : 'Tanh', ['x'], ['a']), onnxNode(opType, inputs, ['y'], attributes)];
    const given = weights.length === 0 ? [] : [onnxWeights(dice, 'w', weights), onnxWeights(dice, 'b', [filters])];
    const path = writeOnnxGraph(`${seed}`, [channels, ...sizes], nodes, given);
    let difference: number;
    try {
      ({ difference } = await compareWithOnnxRuntime(path, { rows: 2 }));
    } catch (error) {
      expect(AppError.from(error).code).toBe('model-file/refused');
      return;
    }
    expect(difference).toBeLessThan(1e-5);
  });
});
