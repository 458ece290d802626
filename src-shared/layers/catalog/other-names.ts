/**
 * What textbooks, papers and other libraries call layers, by Keras's name without its number of axes.
 * 'pool' and the like, which are parts of Keras's names, need not be here.
 */
const names: Readonly<Record<string, readonly string[]>> = {
  Activation: ['nonlinearity', 'transfer function', 'sigmoid', 'tanh', 'GELU', 'SELU', 'swish', 'SiLU', 'softplus'],
  ActivityRegularization: ['activity penalty', 'sparsity'],
  Add: ['sum', 'plus', 'residual', 'skip connection', 'shortcut'],
  AdditiveAttention: ['Bahdanau attention'],
  Attention: ['Luong attention', 'dot-product attention'],
  Average: ['mean'],
  AveragePooling: ['avgpool', 'mean pooling', 'subsampling'],
  BatchNormalization: ['batchnorm', 'BN'],
  Bidirectional: ['BiLSTM', 'BiGRU', 'BRNN'],
  Concatenate: ['concat', 'cat', 'join', 'merge', 'stack'],
  Conv: ['convolution', 'convolutional', 'CNN'],
  ConvTranspose: ['deconvolution', 'transposed convolution', 'fractionally strided convolution'],
  Cropping: ['crop', 'trim'],
  Dense: ['fully connected', 'FC', 'linear', 'affine', 'perceptron', 'hidden layer', 'inner product', 'MLP'],
  DepthwiseConv: ['depthwise convolution'],
  Dot: ['dot product', 'inner product', 'matrix product', 'matmul'],
  Embedding: ['lookup table', 'word vectors'],
  Flatten: ['vectorize', 'unroll'],
  Formula: ['lambda', 'custom', 'function', 'expression'],
  GaussianNoise: ['noise'],
  GlobalAveragePooling: ['global avgpool', 'GAP'],
  GlobalMaxPooling: ['global maxpool', 'GMP'],
  GroupNormalization: ['groupnorm', 'GN', 'instance normalization', 'instancenorm'],
  GRU: ['gated recurrent unit'],
  Input: ['features', 'source'],
  LayerNormalization: ['layernorm', 'LN'],
  LeakyReLU: ['leaky rectifier'],
  LSTM: ['long short-term memory'],
  Masking: ['mask', 'padding mask'],
  MaxPooling: ['maxpool', 'subsampling', 'downsampling'],
  Maximum: ['max', 'maxout'],
  Minimum: ['min'],
  MultiHeadAttention: ['MHA', 'self-attention', 'transformer'],
  Multiply: ['product', 'times', 'gate', 'hadamard'],
  Normalization: ['standardize', 'z-score', 'scaler'],
  Output: ['target', 'prediction', 'head'],
  Permute: ['transpose', 'swap axes'],
  PReLU: ['parametric ReLU'],
  ReLU: ['rectifier', 'rectified linear unit'],
  RepeatVector: ['repeat', 'tile'],
  Rescaling: ['scale', 'normalize pixels'],
  Reshape: ['view', 'unflatten'],
  SeparableConv: ['separable convolution', 'Xception'],
  SimpleRNN: ['recurrent', 'Elman network', 'vanilla RNN'],
  Softmax: ['probabilities'],
  SpatialDropout: ['channel dropout'],
  Subtract: ['minus', 'difference'],
  TimeDistributed: ['each step'],
  UnitNormalization: ['L2 normalization', 'unit length'],
  UpSampling: ['upsample', 'interpolate', 'resize', 'unpool'],
  ZeroPadding: ['pad', 'padding'],
};

/** Other names of a layer, in the field's terms. */
export function otherNames(kind: string): readonly string[] {
  const name = kind.replace(/[123]D/, '');
  return Object.hasOwn(names, name) ? names[name]! : [];
}
