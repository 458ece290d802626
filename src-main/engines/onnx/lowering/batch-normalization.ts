import type { ValueId } from '../../../../src-shared/program/language/types.ts';
import type { LoweringContext, Lowerings } from './context.ts';

/** Access to values with a channel axis, in the axis order that is available. */
interface Channels {
  readonly channelsFirst: boolean;
  name(value: ValueId): string;
  /** Reshapes one value per channel so that it broadcasts with the values. */
  spread(vector: string): string;
  /** Sum over all axes except the channels, [channels]. */
  sum(name: string): string;
  /** Number of values per channel, a float32 scalar. */
  readonly count: string;
}

function channelsOf(context: LoweringContext, values: readonly ValueId[]): Channels {
  const { writer } = context;
  const [x] = values;
  const rank = context.rank(x!);
  const channels = context.type(x!).shape.at(-1)!;
  const channelsFirst = context.prefersChannelsFirst(values);
  const channelAxis = channelsFirst ? 1 : rank - 1;
  const others = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== channelAxis);
  const name = (value: ValueId): string => (channelsFirst ? context.getChannelsFirst(value) : context.get(value));
  const size = writer.node('Cast', [writer.node('Size', [name(x!)])], { to: 1 });
  const broadcast = writer.integers([channels, ...Array<number>(rank - 2).fill(1)]);
  return {
    channelsFirst,
    name,
    spread: (vector) => (channelsFirst ? writer.node('Reshape', [vector, broadcast]) : vector),
    sum: (summed) => writer.node('ReduceSum', [summed, writer.integers(others)], { keepdims: 0 }),
    count: writer.node('Div', [size, writer.float(channels)]),
  };
}

function bindLike(context: LoweringContext, { channelsFirst }: Channels, value: ValueId, name: string): void {
  if (channelsFirst) context.bindChannelsFirst(value, name);
  else context.bind(value, name);
}

/** 1 / sqrt(variance + epsilon). */
function inverseDeviation({ writer }: LoweringContext, variance: string, epsilon: number): string {
  const deviation = writer.node('Sqrt', [writer.node('Add', [variance, writer.float(epsilon)])]);
  return writer.node('Div', [writer.float(1), deviation]);
}

export const batchNormalizationLowerings: Lowerings<'batchNormalization' | 'batchNormalizationGradient'> = {
  batchNormalization(context, { attributes: { epsilon }, inputs, outputs: [y, meanOutput, varianceOutput] }) {
    const { writer } = context;
    const [x, gamma, beta] = inputs;
    const channels = channelsOf(context, [x!]);
    const mean = writer.node('Div', [channels.sum(channels.name(x!)), channels.count]);
    const centered = writer.node('Sub', [channels.name(x!), channels.spread(mean)]);
    const squares = channels.sum(writer.node('Mul', [centered, centered]));
    const variance = writer.node('Div', [squares, channels.count]);
    const scale = writer.node('Mul', [context.get(gamma!), inverseDeviation(context, variance, epsilon)]);
    const scaled = writer.node('Mul', [centered, channels.spread(scale)]);
    bindLike(context, channels, y!, writer.node('Add', [scaled, channels.spread(context.get(beta!))]));
    context.bind(meanOutput!, mean);
    context.bind(varianceOutput!, variance);
  },

  /**
   * With x' = (x - mean) / deviation: d beta = sum(dy), d gamma = sum(dy · x'),
   * dx = gamma / deviation · (dy - d beta / n - x' · d gamma / n).
   */
  batchNormalizationGradient(context, { attributes: { epsilon }, inputs, outputs: [dx, dGamma, dBeta] }) {
    const { writer } = context;
    const [x, gamma, mean, variance, gradient] = inputs;
    const channels = channelsOf(context, [x!, gradient!]);
    const dy = channels.name(gradient!);
    const inverse = inverseDeviation(context, context.get(variance!), epsilon);
    // Shares the node of the forward pass if that has the same axis order.
    const centered = writer.node('Sub', [channels.name(x!), channels.spread(context.get(mean!))]);
    const sumGradient = channels.sum(dy);
    const gammaGradient = writer.node('Mul', [channels.sum(writer.node('Mul', [dy, centered])), inverse]);
    const slope = writer.node('Div', [writer.node('Mul', [gammaGradient, inverse]), channels.count]);
    const along = writer.node('Mul', [centered, channels.spread(slope)]);
    const average = channels.spread(writer.node('Div', [sumGradient, channels.count]));
    const free = writer.node('Sub', [writer.node('Sub', [dy, average]), along]);
    const scale = writer.node('Mul', [context.get(gamma!), inverse]);
    bindLike(context, channels, dx!, writer.node('Mul', [free, channels.spread(scale)]));
    context.bind(dGamma!, gammaGradient);
    context.bind(dBeta!, sumGradient);
  },
};
