import { showShape } from '../../program/language/shape.ts';
import type { Shape } from '../../program/language/types.ts';

/** Windows move along one axis of sequences, two of images, three of volumes. */
export type WindowAxes = 1 | 2 | 3;

/** Names of the axes that windows move over. */
export const windowWords: Readonly<
  Record<WindowAxes, { examples: string; points: string; sizes: string; shape: string; otherwise: string }>
> = {
  1: {
    examples: 'sequences',
    points: 'steps',
    sizes: 'Steps',
    shape: 'of steps × features',
    otherwise: 'Insert Reshape before it.',
  },
  2: {
    examples: 'images',
    points: 'pixels',
    sizes: 'Height and width',
    shape: 'of height × width × channels',
    otherwise: 'Connect it before Flatten, or to image data.',
  },
  3: {
    examples: 'volumes',
    points: 'voxels',
    sizes: 'Depth, height and width',
    shape: 'of depth × height × width × channels',
    otherwise: 'Insert Reshape before it.',
  },
};

/** Null, or why these are not sequences, images or volumes. */
export function examplesProblem(axes: WindowAxes, received: Shape): string | null {
  if (received.length === axes + 2) return null;
  const { examples, shape, otherwise } = windowWords[axes];
  return `needs ${examples} ${shape}; received ${showShape(received)}. ${otherwise}`;
}

/** Null, or why this is not [batch, steps, features]. */
export function sequenceProblem(shape: Shape): string | null {
  return examplesProblem(1, shape);
}
