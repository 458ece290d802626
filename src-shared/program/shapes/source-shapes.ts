import { elementCount, ShapeError } from '../language/shape.ts';
import { requireRank, requireType, tensor } from './shape-rule.ts';
import type { ShapeRules } from './shape-rule.ts';

export const sourceShapes: ShapeRules<'constant' | 'dimSize' | 'rowIndices' | 'randomUniform'> = {
  constant: {
    inputs: 0,
    infer: ({ dtype, shape, values }) => {
      if (values.length !== 1 && values.length !== elementCount(shape)) {
        throw new ShapeError(`Expected 1 or ${elementCount(shape)} constant values; received ${values.length}.`);
      }
      return [tensor(dtype, shape)];
    },
  },
  dimSize: {
    inputs: 1,
    infer: ({ axis }, x) => {
      if (axis < 0 || axis >= x!.shape.length) {
        throw new ShapeError(`Expected an axis below ${x!.shape.length}; received ${axis}.`);
      }
      return [tensor('float32', [])];
    },
  },
  rowIndices: {
    inputs: 1,
    infer: (_, x) => {
      if (x!.shape.length === 0) throw new ShapeError('Expected an input with rows; received a scalar.');
      return [tensor('int32', x!.shape.slice(0, 1))];
    },
  },
  randomUniform: {
    inputs: 2,
    infer: (_, like, step) => {
      requireType(step!, ['int32'], 'a step');
      requireRank(step!, 0, 'a step');
      return [tensor('float32', like!.shape)];
    },
  },
};
