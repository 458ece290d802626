import type { ImportLoss } from '../../../src-shared/interchange/import-report.ts';

/**
 * What the report says of a file that computes with quantized numbers.
 *
 * @param rounding The operations that round values of the examples.
 * @param fixedBatch The number of examples that the file is for; null: any.
 */
export function quantizationLosses(rounding: ReadonlySet<string>, fixedBatch: number | null): ImportLoss[] {
  const changed = (code: string, message: string): ImportLoss => ({ code, severity: 'changed', layer: null, message });
  if (rounding.size === 0) return [];
  const losses = [
    changed(
      'onnx/quantized',
      'The file computes with whole numbers. Here the weights are the real numbers that these stand for, and results are rounded to the steps of the file, so that predictions agree with ONNX Runtime to one step, in deeper models to two. Nothing in these nodes trains, because rounding has no gradient; layers that you add after them do.',
    ),
  ];
  if (rounding.has('DynamicQuantizeLinear') && fixedBatch !== 1) {
    losses.push(
      changed(
        'onnx/steps-by-example',
        'The file rounds values to steps that depend on all examples that are predicted together. Here they depend on each example only: predictions are those of ONNX Runtime for one example at a time.',
      ),
    );
  }
  return losses;
}
