import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';
import type { LayerDefinition } from '../../definition/layer.ts';
import { formatSizes, sizesOf } from '../../parameters/sizes.ts';
import { examplesProblem, windowWords } from '../../definition/sequences.ts';
import type { WindowAxes } from '../../definition/sequences.ts';
import {
  imageSizeOf,
  onImages,
  paddingOf,
  paddingParameter,
  sizeType,
  windowProblem,
} from '../../definition/windows.ts';

type Pool = 'maxPool2d' | 'averagePool2d';

interface PoolWindow {
  readonly poolSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: 'same' | 'valid';
}

/**
 * A window over a volume is one over each slice, and then one over what its slices became: largest
 * values and means can be taken one axis after the other, also at borders. The first of equal
 * values wins here as it does in a window of three axes.
 */
function poolVolumes(b: ProgramBuilder, op: Pool, x: ValueId, { poolSize, strides, padding }: PoolWindow): ValueId {
  const [batch, depth, ...slice] = b.shapeOf(x);
  const slices = b[op](b.reshape(x, [batch!, ...slice]), {
    poolSize: [poolSize[1]!, poolSize[2]!],
    strides: [strides[1]!, strides[2]!],
    padding,
  });
  const [, rows, columns, channels] = b.shapeOf(slices);
  const places = rows! * columns!;
  const pooled = b[op](b.reshape(slices, [batch!, depth!, places, channels!]), {
    poolSize: [poolSize[0]!, 1],
    strides: [strides[0]!, 1],
    padding,
  });
  return b.reshape(pooled, [batch!, b.shapeOf(pooled)[1]!, rows!, columns!, channels!]);
}

function definition(kind: string, axes: WindowAxes, op: Pool): LayerDefinition {
  const { points, sizes } = windowWords[axes];
  const largest = op === 'maxPool2d';
  return {
    kind,
    family: 'pooling',
    otherNames: largest ? ['maxpool', 'subsampling', 'downsampling'] : ['avgpool', 'mean pooling', 'subsampling'],
    description: largest ? 'Keeps the largest value of each window.' : 'Takes the mean of each window.',
    formula: largest ? 'max over a window' : 'mean over a window',
    inputs: { min: 1, max: 1 },
    traits: largest ? {} : { linear: 'map' },
    parameters: [
      {
        name: 'poolSize',
        label: 'Pool size',
        help: axes === 1 ? 'How many steps a window has.' : `${sizes} of a window in ${points}.`,
        default: axes === 1 ? 2 : new Array<number>(axes).fill(2),
        type: sizeType(axes, { min: 1, max: 1000 }),
        ...(op === 'averagePool2d' ? { keras: 'required' } : {}),
      },
      {
        name: 'strides',
        label: 'Strides',
        help: `How many ${points} the window moves at a time; empty: as the pool size.`,
        default: null,
        type: sizeType(axes, { min: 1, max: 1000, emptyMeans: 'as the pool size' }),
      },
      paddingParameter,
    ],
    summarize: ({ poolSize }) => formatSizes(poolSize, axes),
    check: ({ poolSize, padding }, [shape]) =>
      examplesProblem(axes, shape!) ?? windowProblem('pool size', sizesOf(poolSize, axes), padding === 'same', shape!),
    emit: (context) => {
      const { builder, params, inputs } = context;
      const { poolSize } = params;
      const strides = params['strides'] ?? poolSize;
      const padding = paddingOf(params['padding']);
      if (axes === 3) {
        const window = { poolSize: sizesOf(poolSize, axes), strides: sizesOf(strides, axes), padding };
        return poolVolumes(builder, op, inputs[0]!, window);
      }
      const window = { poolSize: imageSizeOf(poolSize, axes), strides: imageSizeOf(strides, axes), padding };
      return onImages(context, axes, (images) => builder[op](images, window));
    },
  };
}

/** Pooling over windows that move along a sequence or over an image or a volume. */
export const pooling: readonly LayerDefinition[] = [
  definition('MaxPooling1D', 1, 'maxPool2d'),
  definition('MaxPooling2D', 2, 'maxPool2d'),
  definition('MaxPooling3D', 3, 'maxPool2d'),
  definition('AveragePooling1D', 1, 'averagePool2d'),
  definition('AveragePooling2D', 2, 'averagePool2d'),
  definition('AveragePooling3D', 3, 'averagePool2d'),
];
