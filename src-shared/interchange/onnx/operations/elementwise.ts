import type { JsonValue } from '../../../document/schema/model-document.ts';
import type { DraftLayer } from '../graph/draft.ts';
import { isConstant, perChannel, withLastAxis } from '../graph/call.ts';
import type { OnnxCall } from '../graph/call.ts';
import { floatTensor, numbersOf } from '../graph/constants.ts';
import type { Constant } from '../graph/constants.ts';
import { arranged, asInFile, isSameArrangement, shapeOf } from '../graph/layer-value.ts';
import type { Arrangement, LayerValue, Size } from '../graph/layer-value.ts';
import { axisIn, numberAttribute, OnnxRefusal, sizeOf } from '../graph/onnx-model.ts';
import { scaled } from '../graph/weight-view.ts';
import { withNumber } from './activations.ts';

/** Arithmetic of values with each other, and with constants. */

const MERGES: Readonly<Record<string, string>> = {
  Add: 'Add',
  Sum: 'Add',
  Sub: 'Subtract',
  Mul: 'Multiply',
  Max: 'Maximum',
  Min: 'Minimum',
  Mean: 'Average',
};

const FORMULAS: Readonly<Record<string, string>> = { Div: 'a / b', Pow: 'a^b' };

export function arithmetic(call: OnnxCall): LayerValue {
  const { node, operands } = call;
  const given = operands.filter((operand) => operand !== null);
  const constants = given.flatMap((operand, index) => (isConstant(operand) ? [{ constant: operand, index }] : []));
  if (constants.length === 0)
    return merged(
      call,
      given.map((_, index) => call.layer(index)),
    );
  if (given.length !== 2) throw new OnnxRefusal('it joins a constant with several values');
  const { constant, index } = constants[0]!;
  const x = call.layer(1 - index);
  if (floatTensor(constant).shape.length > x.axes.length) {
    throw new OnnxRefusal(
      `it needs a constant of at most ${x.axes.length} axes; received ${floatTensor(constant).shape.length}`,
    );
  }
  return sizeOf(floatTensor(constant).shape) === 1
    ? withScalar(call, x, constant, index)
    : withVector(call, node.opType, x, constant, index);
}

/** Scale and offset of x with a number; null: it is not such an operation. */
function affineOf(opType: string, number: number, isFirst: boolean): { scale: number; offset: number } | null {
  if (opType === 'Add') return { scale: 1, offset: number };
  if (opType === 'Mul') return { scale: number, offset: 0 };
  if (opType === 'Sub') return isFirst ? { scale: -1, offset: number } : { scale: 1, offset: -number };
  if (opType === 'Div' && !isFirst) return { scale: 1 / number, offset: 0 };
  return null;
}

function withScalar(call: OnnxCall, x: LayerValue, constant: Constant, index: number): LayerValue {
  const number = numbersOf(constant, 1)[0]!;
  call.used.add(constant);
  const affine = affineOf(call.node.opType, number, index === 0);
  if (affine === null) {
    const written = withNumber(call.node.opType, constant, index === 0);
    if (written === null) throw new OnnxRefusal(`it computes with the number ${number}`);
    return call.each(x, 'Formula', { formula: written });
  }
  if (![affine.scale, affine.offset].every((value) => Math.abs(value) <= 1e9)) {
    throw new OnnxRefusal(`it computes with the number ${number}`);
  }
  return rescaled(call, x, 1 - index, affine.scale, affine.offset);
}

const DOUBLED_GELU = 'x * (1 + erf(x * sqrt(0.5)))';

function rescaled(call: OnnxCall, x: LayerValue, input: number, scale: number, offset: number): LayerValue {
  if (scale === 1 && offset === 0) return x;
  const before = call.changeable(input);
  if (before?.kind === 'Formula' && before.params['formula'] === DOUBLED_GELU && scale === 0.5 && offset === 0) {
    return call.each({ ...x, layer: before.from[0]! }, 'Activation', { activation: 'gelu' });
  }
  if (before?.kind === 'Rescaling') {
    const [own, added] = [before.params['scale'] as number, before.params['offset'] as number];
    Object.assign(before.params, { scale: own * scale, offset: added * scale + offset });
    before.outputs.clear();
    return { ...x, nonNegative: false };
  }
  return call.each(x, 'Rescaling', { scale, offset }, x.nonNegative && scale >= 0 && offset >= 0);
}

/** Layers whose bias a constant can become. */
const WITH_BIAS = /^(Dense|(Depthwise)?Conv\dD(Transpose)?)$/;

function withVector(call: OnnxCall, opType: string, given: LayerValue, constant: Constant, index: number): LayerValue {
  const view = call.viewOf(constant);
  const found = perChannel(view, shapeOf(given));
  if (found?.axis == null) {
    throw new OnnxRefusal(
      `it needs one number, or one for each channel; received ${floatTensor(constant).shape.join(' × ')} for ${showSizes(given)}`,
    );
  }
  const x = withLastAxis(call, given, found.axis);
  const layer = x === given ? call.changeable(1 - index) : null;
  const isPlus = opType === 'Add' || (opType === 'Sub' && index === 1);
  const hasNone = layer?.params['useBias'] === false && layer.params['activation'] === undefined;
  if (layer !== null && isPlus && WITH_BIAS.test(layer.kind) && hasNone) {
    delete layer.params['useBias'];
    layer.weights = { ...layer.weights, bias: scaled(found.values, opType === 'Sub' ? -1 : 1) };
    layer.outputs.clear();
    return { ...x, nonNegative: false };
  }
  if (layer?.kind === 'Formula' && layer.params['formula'] === 'a * v' && isPlus && index === 1 && opType === 'Add') {
    const [scale] = layer.params['parameters'] as JsonValue[];
    Object.assign(layer.params, {
      formula: 'a * v + w',
      parameters: [scale!, { name: 'w', initial: 0, perValue: true }],
    });
    layer.weights = { ...layer.weights, w: found.values };
    layer.outputs.clear();
    return { ...x, nonNegative: false };
  }
  const operator = { Add: '+', Sub: '-', Mul: '*', Div: '/' }[opType];
  if (operator === undefined) throw new OnnxRefusal('it computes with a number for each channel');
  const written = index === 0 ? `v ${operator} a` : `a ${operator} v`;
  const parameters = [{ name: 'v', initial: 0, perValue: true }];
  // The numbers of a Constant node and those that prepare an input do not train.
  const frozen = constant.initializers.size === 0 || x.origin !== null;
  const params = { formula: written, parameters };
  return {
    ...x,
    layer: call.draft.add('Formula', params, [x.layer], undefined, { weights: { v: found.values }, frozen }),
    nonNegative: false,
  };
}

const showSizes = ({ sizes }: LayerValue): string => sizes.map((size) => size ?? 'n').join(' × ');

function merged(call: OnnxCall, values: readonly LayerValue[]): LayerValue {
  const { opType } = call.node;
  if (values.length === 1) return values[0]!;
  const [first, second] = values;
  if (values.length === 2 && first!.layer === second!.layer && isSameArrangement(first!, second!)) {
    return withItself(call, first!);
  }
  const known =
    opType === 'Mul' && values.length === 2 ? (gated(call, first!, second!) ?? gated(call, second!, first!)) : null;
  if (known !== null) return known;
  const same = aligned(call, values);
  const kind = MERGES[opType];
  const formula = FORMULAS[opType];
  const layers = same.values.map(({ layer }) => layer);
  if (new Set(layers).size < layers.length) throw new OnnxRefusal('it has one value as several inputs');
  const layer =
    kind === undefined ? call.draft.add('Formula', { formula: formula! }, layers) : call.draft.add(kind, {}, layers);
  const nonNegative =
    (opType === 'Add' || opType === 'Sum' || opType === 'Mul' || opType === 'Max') &&
    values.every((value) => value.nonNegative);
  return { ...same.values[0]!, ...same.arrangement, layer, nonNegative, origin: null };
}

function withItself(call: OnnxCall, x: LayerValue): LayerValue {
  const { opType } = call.node;
  if (opType === 'Add' || opType === 'Sum') return call.each(x, 'Rescaling', { scale: 2, offset: 0 }, x.nonNegative);
  if (opType === 'Mul') return call.each(x, 'Formula', { formula: 'square(x)' }, true);
  if (opType === 'Max' || opType === 'Min' || opType === 'Mean') return x;
  throw new OnnxRefusal('it has one value as both inputs');
}

const isActivation = ({ kind, params }: DraftLayer, name: string): boolean =>
  kind === 'Activation' && params['activation'] === name;

/** x · g(x) as one activation: SiLU, hard SiLU, Mish, GELU. */
function gated(call: OnnxCall, x: LayerValue, gate: LayerValue): LayerValue | null {
  if (!isSameArrangement(x, gate)) return null;
  const { layer } = gate;
  const inner = layer.from[0];
  const become = (activation: string): LayerValue => call.each(x, 'Activation', { activation });
  if (inner === x.layer && isActivation(layer, 'sigmoid')) return become('silu');
  if (inner === x.layer && isActivation(layer, 'hardSigmoid')) return become('hardSilu');
  if (inner?.from[0] === x.layer && isActivation(layer, 'tanh') && isActivation(inner, 'softplus'))
    return become('mish');
  // 1 + erf(x / √2)
  if (layer.kind !== 'Rescaling' || layer.params['scale'] !== 1 || layer.params['offset'] !== 1) return null;
  const scaling = inner?.kind === 'Formula' && inner.params['formula'] === 'erf(x)' ? inner.from[0]! : null;
  const isRoot =
    scaling?.kind === 'Rescaling' &&
    Math.abs((scaling.params['scale'] as number) - Math.SQRT1_2) < 1e-6 &&
    scaling.params['offset'] === 0;
  if (!isRoot) return null;
  if (scaling.from[0] === x.layer) return call.each(x, 'Formula', { formula: DOUBLED_GELU });
  const half = x.layer;
  const isHalf = half.kind === 'Rescaling' && half.params['scale'] === 0.5 && half.params['offset'] === 0;
  if (!isHalf || scaling.from[0] !== half.from[0]) return null;
  return call.each({ ...x, layer: half.from[0]! }, 'Activation', { activation: 'gelu' });
}

/** Values in one arrangement, with sizes of 1 where they are repeated. */
export function aligned(
  call: OnnxCall,
  given: readonly LayerValue[],
  along: number | null = null,
): { values: LayerValue[]; arrangement: Arrangement } {
  const rank = Math.max(...given.map(({ axes }) => axes.length));
  const values = given.map((value) => ({
    ...value,
    axes: [...new Array<readonly number[]>(rank - value.axes.length).fill([]), ...value.axes],
  }));
  const shapes = values.map(shapeOf);
  const largest = shapes.map((shape) => shape.reduce((count, size) => count * Math.abs(size), 1));
  const first = largest.indexOf(Math.max(...largest));
  const isCovered = shapes.every((shape) =>
    shape.every((size, axis) => axis === along || size === shapes[first]![axis] || size === 1),
  );
  const reference = values[first]!;
  const isUsable = isCovered && (along === null || reference.axes[along]!.length === 1);
  const base: Arrangement = isUsable ? reference : asInFile(reference);
  const result = values.map((value, index) => {
    const sizes: Size[] = [...base.sizes];
    for (const [axis, list] of base.axes.entries()) {
      const size = shapes[index]![axis]!;
      if (size === shapes[first]![axis]) continue;
      const isWhole = size === 1 || list.length === 1;
      if (!isWhole)
        throw new OnnxRefusal(
          `it needs sizes that broadcast; received ${shapes.map((shape) => shape.join(' × ')).join(' and ')}`,
        );
      for (const own of list) sizes[own] = list.length === 1 ? size : 1;
    }
    const target = { sizes, axes: base.axes };
    return isSameArrangement(value, target) ? value : arranged(call.draft, value, target);
  });
  const sizes = base.sizes.map((_, own) => (own === 0 ? null : Math.max(...result.map((value) => value.sizes[own]!))));
  return { values: result, arrangement: { sizes, axes: base.axes } };
}

export function concat(call: OnnxCall): LayerValue {
  const given = call.operands.map((_, index) => call.layer(index));
  const [first] = given;
  if (given.length === 1) return first!;
  const axis = axisIn(numberAttribute(call.node, 'axis', 0), first!.axes.length);
  if (shapeOf(first!)[axis] === -1) throw new OnnxRefusal('it joins examples');
  const { values, arrangement } = aligned(call, given, axis);
  const own = arrangement.axes[axis]![0]!;
  const sizes = arrangement.sizes.with(
    own,
    values.reduce((total, value) => total + value.sizes[own]!, 0),
  );
  const layers = values.map(({ layer }) => layer);
  if (new Set(layers).size < layers.length) throw new OnnxRefusal('it has one value as several inputs');
  const isLast = own === arrangement.sizes.length - 1;
  const layer = call.draft.add('Concatenate', isLast ? {} : { axis: own }, layers);
  return {
    ...values[0]!,
    ...arrangement,
    sizes,
    layer,
    nonNegative: given.every((value) => value.nonNegative),
    origin: null,
  };
}
