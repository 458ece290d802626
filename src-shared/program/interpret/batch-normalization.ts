import { build } from './tensor.ts';
import type { Tensor } from './tensor.ts';

/** Means over all axes but the last of `of(position, channel)`. */
function channelMeans(x: Tensor, of: (position: number, channel: number) => number): Tensor {
  const channels = x.shape.at(-1)!;
  const means = build('float32', [channels], () => 0);
  for (let i = 0; i < x.data.length; i++) {
    means.data[i % channels]! += (of(i, i % channels) * channels) / x.data.length;
  }
  return means;
}

export function batchNormalization(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number): Tensor[] {
  const mean = channelMeans(x, (i) => x.data[i]!);
  const variance = channelMeans(x, (i, c) => (x.data[i]! - mean.data[c]!) ** 2);
  const data = x.data.map((value, i) => {
    const c = i % gamma.data.length;
    return ((value - mean.data[c]!) / Math.sqrt(variance.data[c]! + epsilon)) * gamma.data[c]! + beta.data[c]!;
  });
  return [{ ...x, data }, mean, variance];
}

export function batchNormalizationGradient(
  x: Tensor,
  gamma: Tensor,
  { mean, variance }: { mean: Tensor; variance: Tensor },
  gradient: Tensor,
  epsilon: number,
): Tensor[] {
  const channels = gamma.data.length;
  const normalized = x.data.map(
    (value, i) => (value - mean.data[i % channels]!) / Math.sqrt(variance.data[i % channels]! + epsilon),
  );
  const average = channelMeans(x, (i) => gradient.data[i]!);
  const along = channelMeans(x, (i) => gradient.data[i]! * normalized[i]!);
  const data = gradient.data.map((value, i) => {
    const c = i % channels;
    const free = value - average.data[c]! - normalized[i]! * along.data[c]!;
    return (gamma.data[c]! / Math.sqrt(variance.data[c]! + epsilon)) * free;
  });
  const sum = (means: Tensor): Tensor => ({
    ...means,
    data: means.data.map((value) => (value * x.data.length) / channels),
  });
  return [{ ...x, data }, sum(along), sum(average)];
}
