import { spatialConvolutionTranspose } from './spatial-conv-transpose.ts';

export const conv3dTranspose = spatialConvolutionTranspose(
  3,
  'A convolution the other way round: strides make the volume larger.',
);
