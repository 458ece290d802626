import { formatShape } from '../program/shape.ts';
import type { Shape } from '../program/types.ts';

/** Null, or why this is not [batch, steps, features]. */
export function sequenceProblem(shape: Shape): string | null {
  return shape.length === 3
    ? null
    : `needs sequences [batch, steps, features]; received ${formatShape(shape)}. Insert Reshape before it.`;
}

/** Null, or why this is not [batch, height, width, channels]. */
export function imageProblem(shape: Shape): string | null {
  return shape.length === 4
    ? null
    : `needs images [batch, height, width, channels]; received ${formatShape(shape)}. Connect it before Flatten, or to image data.`;
}
