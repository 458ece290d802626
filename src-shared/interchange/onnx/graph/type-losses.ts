import type { ImportLoss } from '../../import-report.ts';
import { FLOAT_TYPES } from './onnx-model.ts';
import type { OnnxModel, OnnxType } from './onnx-model.ts';

/** What the report says of numbers of a file that are not float32. */
export function typeLosses({ inputs, initializers }: OnnxModel): ImportLoss[] {
  const losses: ImportLoss[] = [];
  const add = (message: string, severity: ImportLoss['severity']): void =>
    void losses.push({ code: 'onnx/type', severity, layer: null, message });
  const others = (types: readonly (OnnxType | null)[]): OnnxType[] => [
    ...new Set(types.flatMap((type) => (type === null || type === 'float32' || !FLOAT_TYPES.has(type) ? [] : [type]))),
  ];
  const computed = others(inputs.map(({ type }) => type));
  for (const type of computed) {
    add(`The file computes with ${type} numbers; Lamina computes with float32.`, 'changed');
  }
  for (const type of others([...initializers.values()].map((tensor) => tensor.type))) {
    if (computed.includes(type)) continue;
    const isRounded = type === 'float64';
    const message = isRounded
      ? `The file has ${type} weights; Lamina rounds them to float32.`
      : `The file has ${type} weights. Lamina has the same values as float32.`;
    add(message, isRounded ? 'changed' : 'note');
  }
  return losses;
}
