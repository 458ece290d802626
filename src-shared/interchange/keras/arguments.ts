/** What Keras's layers want to be given, and what Lamina's parameters are called there. */

/**
 * Arguments that are always written, in Keras's order, in code by position: those without a default,
 * and Rescaling's offset, which Keras wants to find in JSON.
 */
const required: Readonly<Record<string, readonly string[]>> = {
  Dense: ['units'],
  Activation: ['activation'],
  Reshape: ['target_shape'],
  Permute: ['dims'],
  RepeatVector: ['n'],
  Embedding: ['input_dim', 'output_dim'],
  Rescaling: ['scale', 'offset'],
  Conv1D: ['filters', 'kernel_size'],
  Conv2D: ['filters', 'kernel_size'],
  Conv3D: ['filters', 'kernel_size'],
  Conv1DTranspose: ['filters', 'kernel_size'],
  Conv2DTranspose: ['filters', 'kernel_size'],
  Conv3DTranspose: ['filters', 'kernel_size'],
  SeparableConv1D: ['filters', 'kernel_size'],
  SeparableConv2D: ['filters', 'kernel_size'],
  DepthwiseConv1D: ['kernel_size'],
  DepthwiseConv2D: ['kernel_size'],
  AveragePooling1D: ['pool_size'],
  AveragePooling2D: ['pool_size'],
  AveragePooling3D: ['pool_size'],
  Dropout: ['rate'],
  SpatialDropout1D: ['rate'],
  SpatialDropout2D: ['rate'],
  SpatialDropout3D: ['rate'],
  AlphaDropout: ['rate'],
  GaussianDropout: ['rate'],
  GaussianNoise: ['stddev'],
  SimpleRNN: ['units'],
  LSTM: ['units'],
  GRU: ['units'],
  Bidirectional: ['layer'],
  TimeDistributed: ['layer'],
  MultiHeadAttention: ['num_heads', 'key_dim'],
  Dot: ['axes'],
};

export function requiredArguments(className: string): readonly string[] {
  return required[className] ?? [];
}

/** Parameters that are Lamina's alone. */
export const notKeras: ReadonlySet<string> = new Set([
  'monteCarlo',
  'learningRateMultiplier',
  'statisticsWhenFrozen',
  'columns',
  'targets',
  'reproduces',
]);

/** Layers whose several inputs are separate arguments of the call, by name; other layers take a list. */
export const callArguments: Readonly<Record<string, readonly string[]>> = {
  MultiHeadAttention: ['query', 'value', 'key'],
};

/** Layers that attend to themselves where they have one input; Keras wants query and value to be given. */
export const selfAttending: ReadonlySet<string> = new Set(['MultiHeadAttention', 'Attention', 'AdditiveAttention']);

/** Parameters that Keras takes when a layer is called, not when it is made. */
export const givenInCall: readonly string[] = ['use_causal_mask'];

/** 'useBias' → 'use_bias'. */
export function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** 'use_bias' → 'useBias'. */
export function camel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** 'heNormal' → 'HeNormal'. */
export function pascal(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** 'HeNormal' → 'heNormal'. */
export function uncapitalized(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
