import type { Pair } from '../program/types.ts';
import { asImages, asSequences, stepsProblem } from './convolutions.ts';
import type { LayerDefinition } from './layer.ts';
import { formatPair, numberOf, pairOf } from './parameters.ts';
import { imageProblem, sequenceProblem } from './sequences.ts';
import { paddingOf, paddingParameter, windowProblem } from './windows.ts';

function definition(kind: string, axes: 1 | 2, op: 'maxPool2d' | 'averagePool2d'): LayerDefinition {
  const points = axes === 1 ? 'steps' : 'pixels';
  const largest = op === 'maxPool2d';
  const emptyMeans = 'as the pool size';
  return {
    kind,
    family: 'pooling',
    description: largest ? 'Keeps the largest value of each window.' : 'Takes the mean of each window.',
    formula: largest ? 'max over a window' : 'mean over a window',
    inputs: { min: 1, max: 1 },
    parameters: [
      {
        name: 'poolSize',
        label: 'Pool size',
        help: axes === 1 ? 'How many steps a window has.' : 'Height and width of a window in pixels.',
        default: axes === 1 ? 2 : [2, 2],
        type: { kind: axes === 1 ? 'integer' : 'pair', min: 1, max: 1000 },
      },
      {
        name: 'strides',
        label: 'Strides',
        help: `How many ${points} the window moves at a time; empty: as the pool size.`,
        default: null,
        type: { kind: axes === 1 ? 'integer' : 'pair', min: 1, max: 1000, emptyMeans },
      },
      paddingParameter,
    ],
    summarize: ({ poolSize }) => (axes === 1 ? String(poolSize) : formatPair(poolSize)),
    check: ({ poolSize, padding }, [shape]) =>
      axes === 1
        ? (sequenceProblem(shape!) ?? stepsProblem('pool size', numberOf(poolSize), padding === 'same', shape!))
        : (imageProblem(shape!) ?? windowProblem('pool size', pairOf(poolSize), padding, shape!)),
    emit: (context) => {
      const { builder, params, inputs } = context;
      const sizes = [params['poolSize'], params['strides'] ?? params['poolSize']].map(pairOf);
      const [poolSize, strides] = axes === 1 ? sizes.map(([, width]): Pair => [1, width]) : sizes;
      const attributes = { poolSize: poolSize!, strides: strides!, padding: paddingOf(params['padding']) };
      return axes === 1
        ? asSequences(context, builder[op](asImages(context, inputs[0]!), attributes))
        : builder[op](inputs[0]!, attributes);
    },
  };
}

/** Pooling over windows that move along a sequence or over an image. */
export const pooling: readonly LayerDefinition[] = [
  definition('MaxPooling1D', 1, 'maxPool2d'),
  definition('MaxPooling2D', 2, 'maxPool2d'),
  definition('AveragePooling1D', 1, 'averagePool2d'),
  definition('AveragePooling2D', 2, 'averagePool2d'),
];
