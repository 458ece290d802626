import type { ImportLoss } from '../../../src-shared/interchange/import-report.ts';
import { quantizedValue } from './translate.ts';
import type { TfliteModel } from './tflite-file.ts';

const changed = (code: string, message: string): ImportLoss => ({ code, severity: 'changed', layer: null, message });

const listed = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');

/** Outputs and signatures that the model here does not have. */
export function ignoredParts(file: TfliteModel, taken: ReadonlyMap<string, number>): ImportLoss[] {
  const outputs = [...file.outputs.keys()].filter((name) => !taken.has(name));
  const are = ({ length }: readonly string[]): string => (length === 1 ? 'is' : 'are');
  return [
    ...(outputs.length === 0
      ? []
      : [changed('tflite/outputs', `${listed(outputs)} ${are(outputs)} ignored: an output here has real numbers.`)]),
    ...(file.otherSignatures.length === 0
      ? []
      : [
          changed(
            'tflite/signatures',
            `The file has several signatures. ${listed(file.otherSignatures)} ${are(file.otherSignatures)} ignored.`,
          ),
        ]),
  ];
}

/**
 * What becomes of numbers that the file stores with fewer bits.
 *
 * @param isRounded Whether values between operations are quantized, too.
 */
export function quantizationLosses(file: TfliteModel, isRounded: boolean): ImportLoss[] {
  const constants = file.tensors.filter(({ data }) => data !== null);
  const quantized = constants.filter(({ quantization }) => quantization !== null);
  if (isRounded) {
    return [
      changed(
        'tflite/quantized',
        'The file computes with whole numbers. Here the weights are the real numbers that these stand for, and each result is rounded to the steps of the file, so that predictions agree with TensorFlow Lite to one or two steps. Nothing in these nodes trains, because rounding has no gradient; layers that you add after them do.',
      ),
      ...rangesOf(file),
    ];
  }
  if (quantized.length > 0) {
    const message = `${quantized.length === 1 ? 'A tensor of weights is' : `${quantized.length} tensors of weights are`} stored as whole numbers. Here they are the real numbers that these stand for, and all is computed in float32. TensorFlow Lite also rounds what it multiplies by them, to 8 bits, so that its predictions differ slightly from those here.`;
    return [changed('tflite/quantized-weights', message)];
  }
  if (!constants.some(({ type }) => type === 'FLOAT16')) return [];
  const message = 'Weights are stored as float16, and used as float32 here, as in TensorFlow Lite.';
  return [{ code: 'tflite/float16', severity: 'note', layer: null, message }];
}

/** Inputs and outputs are whole numbers in the file and the real numbers of these here. */
function rangesOf({ inputs, outputs, tensors }: TfliteModel): ImportLoss[] {
  return [...inputs, ...outputs].flatMap(([name, index]) => {
    const value = quantizedValue(tensors[index]!);
    if (value === null) return [];
    const {
      scales: [scale = 0],
      zeros: [zero = 0],
      low,
      high,
    } = value;
    const real = (whole: number): string => String(Number((scale * (whole - zero)).toPrecision(6)));
    return [
      changed(
        'tflite/range',
        `'${name}' has real numbers here, from ${real(low)} to ${real(high)}; in the file these are the whole numbers from ${low} to ${high}.`,
      ),
    ];
  });
}
